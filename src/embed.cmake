# SPDX-License-Identifier: MIT
# Writes the bytes of a file as a C array: const char NAME[] and const size_t NAME_length.
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
file(WRITE ${OUT} "#include <stddef.h>\nextern const char ${NAME}[];\nextern const size_t ${NAME}_length;\n"
     "const char ${NAME}[] = {${bytes}0};\nconst size_t ${NAME}_length = ${length};\n")
