/*
** Places in a sorted scan, see keyset.h.
*/
#include "scan/keyset.h"

#include <string.h>

#include "types/shippable.h"
#include "wire/deparse.h"

void wow_keyset_start(struct wow_keyset *keyset, const struct wow_relation *relation,
                      const struct wow_plan_order *sort, int n_sort) {
  keyset->is_set = false;
  keyset->place.n = n_sort;
  for (int i = 0; i < n_sort; i++) {
    keyset->place.values[i] = (struct wow_place_value){.column = &relation->columns[sort[i].column],
                                                       .descending = sort[i].descending};
  }
}

void wow_keyset_reset(struct wow_keyset *keyset) {
  for (int i = 0; i < WOW_MAX_SORT; i++)
    sqlite3_free(keyset->texts[i]);
  memset(keyset, 0, sizeof(*keyset));
}

/* Booleans have no text in the decoder's value, and need one in a condition. */
static struct wow_json_value with_text(struct wow_json_value value) {
  if (value.kind == WOW_JSON_TRUE) value.text = "true", value.bytes = 4;
  if (value.kind == WOW_JSON_FALSE) value.text = "false", value.bytes = 5;
  return value;
}

static int keep_value(struct wow_keyset *keyset, int i, const struct wow_json_value *value) {
  /* Room for a byte more: an empty text is a text, too, and must not be NULL. */
  if (value->bytes + 1 > keyset->rooms[i]) {
    char *text = sqlite3_realloc64(keyset->texts[i], value->bytes + 1);
    if (text == NULL) return SQLITE_NOMEM;
    keyset->texts[i] = text;
    keyset->rooms[i] = value->bytes + 1;
  }
  if (value->bytes) memcpy(keyset->texts[i], value->text, value->bytes);
  keyset->place.values[i].value = *value;
  keyset->place.values[i].value.text = keyset->texts[i];
  return SQLITE_OK;
}

int wow_keyset_keep(struct wow_keyset *keyset, const struct wow_rows *rows, int first) {
  for (int i = 0; i < keyset->place.n; i++) {
    struct wow_json_value value = with_text(*wow_rows_value(rows, first + i));
    if (keep_value(keyset, i, &value) != SQLITE_OK) return SQLITE_NOMEM;
  }
  keyset->is_set = true;
  return SQLITE_OK;
}

bool wow_keyset_is_at(const struct wow_keyset *keyset, const struct wow_rows *rows, int first) {
  bool is_at = keyset->is_set;
  /* From the end: the key is there, and nearly always tells. */
  for (int i = keyset->place.n - 1; is_at && i >= 0; i--) {
    const struct wow_json_value *kept = &keyset->place.values[i].value;
    struct wow_json_value value = with_text(*wow_rows_value(rows, first + i));
    is_at = value.kind == kept->kind && value.bytes == kept->bytes &&
            (value.bytes == 0 || memcmp(value.text, kept->text, value.bytes) == 0);
  }
  return is_at;
}

bool wow_keyset_lacks(const struct wow_keyset *keyset, const struct wow_rows *rows, int first,
                      int i) {
  const struct wow_column *column = keyset->place.values[i].column;
  /* A JSON null looks like NULL, and is a value. */
  return wow_relation_is_not_null(column) && !wow_type_is_json(&column->type) &&
         wow_rows_value(rows, first + i)->kind == WOW_JSON_NULL;
}

int wow_keyset_copy(struct wow_keyset *to, const struct wow_keyset *from) {
  to->place = from->place;
  to->is_set = from->is_set;
  for (int i = 0; i < from->place.n; i++) {
    if (keep_value(to, i, &from->place.values[i].value) != SQLITE_OK) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

bool wow_keyset_peek(const struct wow_keyset *keyset, struct wow_rows *rows,
                     struct wow_place *place) {
  struct wow_json_value values[WOW_MAX_SORT];
  *place = keyset->place;
  if (!wow_rows_peek_last(rows, place->n, values)) return false;
  for (int i = 0; i < place->n; i++)
    place->values[i].value = with_text(values[i]);
  return true;
}

/* Each column is repeated in the alternatives of those after it, so the length grows with the
** square of their number. */
bool wow_keyset_can_continue(const struct wow_place *place, sqlite3_int64 max_bytes) {
  sqlite3_int64 bytes = 0, prefix = 0;
  for (int i = 0; i < place->n && bytes < max_bytes; i++) {
    const struct wow_json_value *value = &place->values[i].value;
    const struct wow_column *column = place->values[i].column;
    if (value->kind == WOW_JSON_NESTED || !wow_shippable_can_continue(&column->type)) return false;
    if (value->bytes > (size_t)max_bytes) return false;
    int name = (int)strlen(column->name);
    sqlite3_int64 term = wow_deparse_element_length(value->text, (int)value->bytes) +
                         wow_deparse_element_length(column->name, name) + WOW_KEYSET_TERM_BYTES;
    /* Descending, the NULLs that come last are a second alternative. */
    bytes += (prefix + term) * (place->values[i].descending ? 2 : 1);
    prefix += term;
  }
  return bytes < max_bytes;
}
