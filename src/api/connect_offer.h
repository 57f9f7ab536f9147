/* SPDX-License-Identifier: MIT */
/* What a connect session offers to the person who has it, as ADMIN_SESSION_SHOW tells the session. Pure. */
#ifndef TENON_API_CONNECT_OFFER_H
#define TENON_API_CONNECT_OFFER_H

#include <jansson.h>

#include "base/buf.h"
#include "definition/model.h"

/* The way to sign in that is asked for, else the recommended one, else the first; NULL where the definition has none of
 * those that are offered any more. */
const auth_t *connect_offer_auth(const connector_t *connector, const json_t *session, str_t asked);
/* Fixed by whoever made the link. */
bool connect_offer_is_preset(const json_t *session, str_t parameter);
/* return_url, with `state=ready` or `state=failed`; nothing where there is none. */
void connect_offer_return_url(buf_t *to, const json_t *session);

#endif
