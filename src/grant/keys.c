/* SPDX-License-Identifier: MIT */
/* Whether the keys that JWTs are signed with can sign, before anybody needs one. */
#include "grant/mint.h"

static void note_parameter(void *context, const expr_t *ref, bool sure)
{
    str_t *name = context;
    (void)sure;
    if (!name->p && ref->root == ROOT_CONNECTION && ref->step_count > 0) {
        *name = ref->steps[0].name;
    }
}

/* What else may be wrong is told when it is sent. */
static bool signs(grant_build_t *build, const char *name, const jwt_definition_t *definition,
                  str_t *parameter, err_t *err)
{
    const mint_plan_t plan = {.definition = definition, .name = name, .typ = "JWT"};
    minted_t jwt;
    err_t why = ERR_INIT;
    if (!definition || mint_jwt(build, &plan, &jwt, &why) || why.code != ERR_key_unusable) {
        return true;
    }
    template_visit(definition->key, note_parameter, parameter);
    return err_set(err, why.code, "%s", why.text);
}

bool grant_check_keys(grant_build_t *build, str_t *parameter, err_t *err)
{
    const grant_definition_t *d = build->definition;
    *parameter = STR_NONE;
    return signs(build, "client_assertion", d->client_assertion, parameter, err) &&
           signs(build, "assertion", d->assertion, parameter, err) &&
           signs(build, "jwt", d->jwt, parameter, err);
}
