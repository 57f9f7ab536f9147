/* SPDX-License-Identifier: MIT */
/* The grants, one file each. Only registry.c needs this. */
#ifndef TENON_GRANT_TYPES_H
#define TENON_GRANT_TYPES_H

#include "grant/grant.h"

extern const grant_type_t grant_client_credentials; /* RFC 6749 4.4 */
extern const grant_type_t grant_password;           /* RFC 6749 4.3, and Auth0's password-realm by grant_type */
extern const grant_type_t grant_authorization_code; /* RFC 6749 4.1, RFC 7636 */
extern const grant_type_t grant_device_code;        /* RFC 8628 */
extern const grant_type_t grant_jwt_bearer;         /* RFC 7523 2.1 */
extern const grant_type_t grant_token_exchange;     /* RFC 8693 */
extern const grant_type_t grant_oauth1;             /* RFC 5849, with a token that is given */
extern const grant_type_t grant_oauth1_sign_in;     /* RFC 5849 2 */
extern const grant_type_t grant_aws_role;           /* AWS STS, AssumeRole */
extern const grant_type_t grant_jwt;                /* a JWT that is made here */
extern const grant_type_t grant_refresh_token;      /* RFC 6749 6 */
extern const grant_type_t grant_session;            /* FORMAT 5: steps alone */

#endif
