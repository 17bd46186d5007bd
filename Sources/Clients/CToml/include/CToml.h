// toml++ (header-only C++) behind a C interface: a TOML 1.0 text is parsed and then walked.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  NB_TOML_TABLE,
  NB_TOML_INLINE_TABLE,
  NB_TOML_ARRAY,
  NB_TOML_STRING,
  NB_TOML_INTEGER,
  NB_TOML_FLOAT,
  NB_TOML_BOOLEAN,
  // A date, a time, or both.
  NB_TOML_DATE,
} nb_toml_kind;

// Lines and columns count from 1, columns in characters; an end is the place after the last one.
typedef struct {
  uint32_t line, column;
} nb_toml_place;

typedef struct {
  // 0 for a key of the root table; the parent is the last entry before it of depth - 1.
  uint32_t depth;
  nb_toml_kind kind;
  // Not terminated by a NUL; valid during the call of the visitor.
  const char *key;
  size_t key_length;
  // Of strings the content, of integers and booleans their TOML text; otherwise empty.
  const char *value;
  size_t value_length;
  // Of floats.
  double real;
  nb_toml_place key_place, value_begin, value_end;
} nb_toml_entry;

typedef struct {
  char message[256];
  nb_toml_place place;
} nb_toml_error;

// Parses `text` and calls `visit` for each key, parents before their children; tables are visited too,
// an array's elements are not. Returns 1; 0 with `error` set, without a call, when the text is no TOML.
int nb_toml_parse(
    const char *text, size_t length, void *context,
    void (*visit)(void *context, const nb_toml_entry *entry), nb_toml_error *error);

// "3.3.0".
const char *nb_toml_version(void);

#ifdef __cplusplus
}
#endif
