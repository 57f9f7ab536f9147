/* SPDX-License-Identifier: MIT */
/* Every code that Tenon itself reports, once: X(NAME, HTTP status, title). The API's problem documents, the
 * command line and docs/ERRORS.md come from this table. Status 0: never an HTTP answer (definitions, start-up). */
#ifndef TENON_BASE_ERR_CODES_H
#define TENON_BASE_ERR_CODES_H

/* clang-format off */
#define ERR_CODES(X) \
    /* 400: input breaks the action's schema */ \
    X(param_missing,             400, "A required input is missing") \
    X(param_unknown,             400, "An input that the action does not declare") \
    X(param_type,                400, "An input has the wrong type") \
    X(param_value,               400, "An input has a value that is not allowed") \
    X(param_range,               400, "An input is out of range") \
    X(param_pattern,             400, "An input does not match its pattern") \
    X(param_format,              400, "An input does not have its format") \
    X(param_too_long,            400, "An input is too long") \
    X(param_limit,               400, "An input has too many items") \
    X(param_empty,               400, "A path value is empty") \
    X(param_dot_segment,         400, "A path value would change the path") \
    X(param_control_char,        400, "A value holds characters that its place cannot carry") \
    X(param_host,                400, "A value may not stand in a host name") \
    X(credential_username_colon, 400, "A user name for Basic authentication holds a colon") \
    X(json_invalid,              400, "The body is not valid JSON") \
    X(json_duplicate_key,        400, "The body names a member twice") \
    X(json_too_deep,             400, "The body is nested too deeply") \
    X(request_bad_encoding,      400, "The request is not valid UTF-8") \
    X(request_malformed,         400, "The request cannot be read") \
    X(request_url_too_long,      400, "The address is too long") \
    X(request_header_too_long,   400, "A header line is too long") \
    X(connection_ambiguous,      400, "The key is not bound to exactly one connection") \
    X(secret_required,           400, "Changing this parameter needs the secrets again") \
    /* 400: what comes back from a service's sign-in page */ \
    X(callback_state,            400, "No sign-in of this state is under way") \
    X(callback_state_used,       400, "This sign-in was ended already") \
    X(callback_state_expired,    400, "This sign-in took too long") \
    X(callback_session_mismatch, 400, "This sign-in was begun in another browser") \
    X(callback_params,           400, "The answer of the sign-in page cannot be read") \
    X(callback_issuer,           400, "The answer came from another server than the connector's") \
    /* who calls */ \
    X(unauthorized,              401, "A valid Tenon key is required") \
    X(forbidden,                 403, "The key does not allow this") \
    X(csrf_rejected,             403, "The request did not come from Tenon's own pages") \
    X(not_found,                 404, "There is no such thing here") \
    X(connection_removed,        404, "The connection was removed meanwhile") \
    X(connect_link_used,         403, "The link was opened in another browser already") \
    X(method_not_allowed,        405, "The method is not allowed here") \
    /* 409: a person is needed */ \
    X(reauthorise,               409, "The connection must be signed in again") \
    X(refresh_uncertain,         409, "The connection's last refresh is uncertain") \
    X(authorization_incomplete,  409, "The sign-in of this connection was not finished") \
    X(definition_changed,        409, "The connector's destinations changed; an admin must accept them") \
    X(parameter_missing,         409, "The connection misses a parameter") \
    X(key_unusable,              409, "A key cannot make the signature that is needed") \
    X(connection_exists,         409, "A connection of this name exists") \
    X(store_record_corrupt,      409, "A stored record does not open") \
    X(body_too_large,            413, "The body is too large") \
    X(media_type,                415, "The media type is not accepted here") \
    /* 424: the service refused, finally */ \
    X(credentials_rejected,      424, "The service rejected the credentials") \
    X(account_locked,            424, "The service locked the account or paused sign-ins") \
    X(token_type_unsupported,    424, "The service issued a token of a kind that cannot be used") \
    X(egress_denied,             424, "The address may not be called") \
    X(upstream_redirect,         424, "The service redirected; redirects are not followed") \
    X(token_endpoint_redirect,   424, "The token endpoint redirected; redirects are not followed") \
    X(metadata_unusable,         424, "The issuer's metadata cannot be used") \
    X(upstream_unauthorized,     424, "The service refused the connection's token") \
    /* 429 */ \
    X(throttled,                 429, "The connection's limit is reached") \
    X(upstream_throttled,        429, "The service asked for a pause") \
    X(token_endpoint_throttled,  429, "The token endpoint asked for a pause") \
    X(sign_in_delayed,           429, "Too many wrong keys from this address") \
    /* 502 */ \
    X(upstream_unreachable,      502, "The service could not be reached") \
    X(upstream_tls,              502, "The service's TLS certificate or handshake failed") \
    X(upstream_malformed,        502, "The service answered something that is not HTTP") \
    X(upstream_truncated,        502, "The service broke off its answer") \
    X(upstream_too_large,        502, "The service's answer is too large") \
    X(upstream_content_type,     502, "The service answered another media type than declared") \
    X(upstream_answer_incomplete,502, "The service's answer lacks a value that is needed") \
    X(upstream_step_failed,      502, "A preparing call to the service failed") \
    X(metadata_unavailable,      502, "The issuer's metadata could not be fetched") \
    X(token_endpoint_unavailable,502, "The token endpoint answered an error") \
    X(token_endpoint_unreachable,502, "The token endpoint could not be reached") \
    X(token_response_not_json,   502, "The token answer is not JSON") \
    X(token_response_malformed,  502, "The token answer cannot be read") \
    X(token_response_incomplete, 502, "The token answer holds no access token") \
    X(token_response_ambiguous,  502, "The token answer names a member twice") \
    X(token_response_too_large,  502, "The token answer is too large") \
    X(token_bad_charset,         502, "The token holds characters that no header can carry") \
    X(token_too_long,            502, "The token is too long") \
    X(token_rejected_unknown,    502, "The token endpoint refused without a reason") \
    X(internal_error,            500, "Tenon failed") \
    /* 501: a valid definition uses what this version does not run */ \
    X(not_supported,             501, "This version of Tenon cannot run this yet") \
    /* 503 */ \
    X(draining,                  503, "Tenon is shutting down") \
    X(over_capacity,             503, "Tenon has no room for another call") \
    X(store_unavailable,         503, "Tenon's store cannot be reached") \
    X(audit_unavailable,         503, "The audit trail cannot be written, so nothing may be changed") \
    /* 504 */ \
    X(upstream_timeout,          504, "The service did not answer in time") \
    X(token_endpoint_timeout,    504, "The token endpoint did not answer in time") \
    /* definitions, level S: structure */ \
    X(definition_parse_error,      0, "The file is not the YAML that definitions are written in") \
    X(definition_bad_encoding,     0, "The file is not UTF-8") \
    X(definition_control_char,     0, "A control character") \
    X(definition_alias_forbidden,  0, "Aliases are refused") \
    X(definition_alias_unknown,    0, "An alias without an anchor") \
    X(definition_tag_forbidden,    0, "Tags and directives are refused") \
    X(definition_multi_document,   0, "More than one document") \
    X(definition_too_deep,         0, "Nested too deeply") \
    X(definition_complex_key,      0, "A key that is not a scalar") \
    X(definition_duplicate_key,    0, "A key stands twice") \
    X(definition_empty,            0, "The file holds nothing") \
    X(definition_too_large,        0, "The file is too large") \
    X(definition_not_regular_file, 0, "Not a regular file") \
    X(definition_unreadable,       0, "The file cannot be read") \
    X(definition_writable_by_others,0,"The file or folder can be written by others") \
    X(definition_missing_key,      0, "A key is missing") \
    X(definition_unknown_key,      0, "An unknown key") \
    X(definition_type,             0, "A value of the wrong type") \
    X(definition_value,            0, "A value that is not allowed here") \
    X(definition_range,            0, "A value out of range") \
    X(definition_limit,            0, "Too many or too long") \
    X(definition_ambiguous_scalar, 0, "A scalar that YAML readers read differently") \
    X(definition_bad_id,           0, "Not an id") \
    X(definition_bad_url,          0, "Not a URL that may stand here") \
    /* definitions, level R: references */ \
    X(id_not_file_name,            0, "The id is not the file's name") \
    X(id_twice,                    0, "Two files have this id") \
    X(value_type,                  0, "A value does not fit its field's type") \
    X(value_range,                 0, "A value does not fit its field's limits") \
    X(field_shape,                 0, "Keys of a field that do not go together") \
    X(schema_not_found,            0, "No schema of that name") \
    X(schema_loop,                 0, "A schema that refers to itself without end") \
    X(pattern_invalid,             0, "Not a pattern that can be used") \
    X(template_syntax,             0, "A template that cannot be read") \
    X(template_unknown_name,       0, "A template names what is not there") \
    X(template_not_here,           0, "A template names what cannot be seen from here") \
    X(template_function,           0, "No such function, or other arguments") \
    X(template_bytes,              0, "Bytes where text is needed") \
    X(template_may_be_absent,      0, "A value that may be missing where one is needed") \
    X(template_type,               0, "An object or a list in text") \
    X(template_input_in_host,      0, "Input may not choose the host") \
    X(definition_secret_in_action, 0, "A secret outside auth") \
    X(definition_inline_secret,    0, "A secret must come from a field, not from the file") \
    X(definition_unbounded_host,   0, "A host that nothing bounds") \
    X(host_not_in_hosts,           0, "A host that hosts does not list") \
    X(admin_secret_any_host,       0, "An admin's secret would go to any host") \
    X(slot_missing,                0, "A credential is needed") \
    X(url_missing,                 0, "A URL is needed") \
    X(auth_key_not_here,           0, "A key that this way to sign in does not have") \
    X(unknown_auth,                0, "No way to sign in of that name") \
    X(unknown_action,              0, "No action of that name") \
    X(action_shape,                0, "Keys of an action that do not go together") \
    X(action_twice,                0, "Two actions whose names differ only in case") \
    X(path_twice,                  0, "Two actions with one method and path") \
    X(path_syntax,                 0, "Not an action path") \
    X(path_variable,               0, "A path variable without an input, or the other way round") \
    X(input_unused,                0, "An input that nothing sends") \
    X(bodies_mixed,                0, "One body only") \
    X(get_with_body,               0, "GET and HEAD have no body") \
    X(header_twice,                0, "One header is set twice") \
    X(reserved_header,             0, "A header that belongs to Tenon") \
    X(verify_needs_input,          0, "verify needs an action without required input") \
    X(x_key_derived,               0, "A key that is derived, never written") \
    X(policy_place,                0, "Not a place in a body") \
    X(choices_shape,               0, "Choices whose rows differ") \
    /* definitions, level W: advice */ \
    X(feature_not_yet,             0, "This version cannot run this yet") \
    X(http_url,                    0, "http:// needs the operator's egress list") \
    X(yml_suffix,                  0, "The file should end in .yaml") \
    X(power_platform,              0, "A rule of Power Platform") \
    X(reserved_name,               0, "A name that Power Platform keeps for itself") \
    X(password_grant_advice,       0, "The password grant is discouraged") \
    X(advice,                      0, "Advice") \
    /* start-up, store and command line */ \
    X(archive_unreadable,          0, "The archive cannot be read") \
    X(archive_unwritable,          0, "The archive cannot be written") \
    X(not_sayable,                 0, "The other format cannot say it") \
    X(usage,                       0, "Wrong usage") \
    X(configuration,               0, "The configuration cannot be used") \
    X(listen_failed,               0, "The address cannot be listened on") \
    X(listen_needs_tls,            0, "A public listener needs TLS or trusted proxies") \
    X(store_locked,                0, "Another process owns the store") \
    X(store_too_new,               0, "The store was written by a newer version") \
    X(store_failed,                0, "The store failed") \
    X(store_exists,                0, "There is a store already") \
    X(backup_damaged,              0, "The backup is not as it was made") \
    X(master_key_mismatch,         0, "The master key is not this store's") \
    X(master_key_permissions,      0, "The master key can be read by others") \
    X(master_key_invalid,          0, "Not a master key") \
    X(host_unreachable,            0, "No running Tenon could be reached")
/* clang-format on */

#endif
