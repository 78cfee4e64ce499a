/* Owns the table of a libcurl that the program is linked to (COMICVINE_CURL_LAZY=OFF). Any thread.
 */
#include "client/transport_curl_functions.h"

bool cvi_curl_find(cvi_curl *curl, cv_error *error) {
    (void)error;
#define ADDRESS(name) curl->name = curl_##name
    CVI_CURL_FUNCTIONS(ADDRESS);
#undef ADDRESS
    return true;
}
