// Only the parser: no exceptions, no formatters, and numbers by charconv, for a stringstream would
// link the locales.
#define NDEBUG
#define TOML_EXCEPTIONS 0
#define TOML_INT_CHARCONV 1
#define TOML_FLOAT_CHARCONV 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>

#include <charconv>
#include <cstdio>

#include "CToml.h"

namespace {

nb_toml_place place(const toml::source_position &position) {
  return {static_cast<uint32_t>(position.line), static_cast<uint32_t>(position.column)};
}

struct Walker {
  void *context;
  void (*visit)(void *, const nb_toml_entry *);

  void walk(const toml::table &table, uint32_t depth) const {
    for (auto &&[key, node] : table) {
      char number[32];
      std::string_view value;
      nb_toml_entry entry{};
      entry.depth = depth;
      entry.kind = describe(node, number, value);
      entry.key = key.str().data();
      entry.key_length = key.length();
      entry.value = value.data();
      entry.value_length = value.size();
      entry.real = node.value_or(0.0);
      entry.key_place = place(key.source().begin);
      entry.value_begin = place(node.source().begin);
      entry.value_end = place(node.source().end);
      visit(context, &entry);
      if (const toml::table *child = node.as_table()) walk(*child, depth + 1);
    }
  }

  static nb_toml_kind describe(
      const toml::node &node, char (&number)[32], std::string_view &value) {
    if (const auto *string = node.as_string()) {
      value = string->get();
      return NB_TOML_STRING;
    }
    if (const auto *integer = node.as_integer()) {
      const auto end = std::to_chars(number, number + sizeof number, integer->get()).ptr;
      value = {number, static_cast<size_t>(end - number)};
      return NB_TOML_INTEGER;
    }
    if (node.is_floating_point()) return NB_TOML_FLOAT;
    if (const auto *boolean = node.as_boolean()) {
      value = boolean->get() ? "true" : "false";
      return NB_TOML_BOOLEAN;
    }
    if (const toml::table *table = node.as_table()) {
      return table->is_inline() ? NB_TOML_INLINE_TABLE : NB_TOML_TABLE;
    }
    return node.is_array() ? NB_TOML_ARRAY : NB_TOML_DATE;
  }

};

}  // namespace

int nb_toml_parse(
    const char *text, size_t length, void *context,
    void (*visit)(void *, const nb_toml_entry *), nb_toml_error *error) {
  const toml::parse_result result = toml::parse(std::string_view(text, length));
  if (!result) {
    const std::string_view message = result.error().description();
    std::snprintf(
        error->message, sizeof error->message, "%.*s", static_cast<int>(message.size()),
        message.data());
    error->place = place(result.error().source().begin);
    return 0;
  }
  Walker{context, visit}.walk(result.table(), 0);
  return 1;
}

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

const char *nb_toml_version(void) {
  return TEXT(TOML_LIB_MAJOR) "." TEXT(TOML_LIB_MINOR) "." TEXT(TOML_LIB_PATCH);
}
