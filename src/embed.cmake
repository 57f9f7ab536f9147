# SPDX-License-Identifier: MIT
# Writes the bytes of a file as a C array: const char NAME[] and const size_t NAME_length, and a strong ETag of them
# (RFC 9110 8.8.3): const char NAME_etag[].
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
file(SHA256 ${IN} digest)
string(SUBSTRING ${digest} 0 32 digest)
file(WRITE ${OUT} "#include <stddef.h>\nextern const char ${NAME}[];\nextern const size_t ${NAME}_length;\n"
     "extern const char ${NAME}_etag[];\n"
     "const char ${NAME}[] = {${bytes}0};\nconst size_t ${NAME}_length = ${length};\n"
     "const char ${NAME}_etag[] = \"\\\"${digest}\\\"\";\n")
