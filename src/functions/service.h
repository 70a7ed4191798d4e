/*
** Calls of the project's services that are not REST: storage, schema. Their responses are JSON, in
** which one thing may have several names.
*/
#ifndef WOW_SERVICE_H
#define WOW_SERVICE_H

#include "base/error.h"

struct cJSON;
struct wow_call;
struct wow_connection;
struct wow_request;
struct wow_response;

#define WOW_SERVICE_MB (1024.0 * 1024.0) /* bytes of what people call a megabyte of a file */

/* Sends a request to `server` (NULL: the current one), as wow_request_fetch, and frees its path,
** where NULL counts as no memory. These services are waited for twice as long as rows, as in the
** vendor's SDKs. */
int wow_service_fetch(struct wow_connection *conn, const char *server, struct wow_request *request,
                      struct wow_response *response, struct wow_error *err);

/* The same for a response that is JSON: *json, which cJSON_Delete frees; NULL if it is empty. */
int wow_service_json(struct wow_connection *conn, const char *server, struct wow_request *request,
                     struct cJSON **json, struct wow_error *err);

/* Makes a JSON document (NULL: SQL NULL) the result of a function, and frees it. */
int wow_service_result(struct wow_call *call, struct cJSON *json, struct wow_error *err);
/* The same for a document that was made here, where NULL is SQLITE_NOMEM. */
int wow_service_made(struct wow_call *call, struct cJSON *json, struct wow_error *err);

/* Sends a request to the current server, and makes its response the result. */
int wow_service_pass_on(struct wow_call *call, struct wow_request *request, struct wow_error *err);

/* The same with a JSON document as the body, which is freed. */
int wow_service_send(struct wow_call *call, struct wow_request *request, struct cJSON *body,
                     struct wow_error *err);

/* Parses options, a JSON object (NULL: none) with members of these names and no others, into *out,
** which cJSON_Delete frees, also on failure; `names` ends with NULL. */
int wow_service_options(const char *json, const char *const *names, struct cJSON **out,
                        struct wow_error *err);

/* The first member of these names that is a text, and not empty; `names` ends with NULL. NULL:
** there is none. `object` may be NULL. */
const char *wow_service_text(const struct cJSON *object, const char *const *names);

/* The first that is a number; -1: there is none. */
double wow_service_number(const struct cJSON *object, const char *const *names);

#endif
