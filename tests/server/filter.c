/* Filters the items of a list as the service is known to. Pure: works on one array that belongs
 * to the request being answered. */
#include "filter.h"

#include "text.h"

struct condition {
    loopback_span field;
    loopback_span value;
};

static bool parse_condition(loopback_span text, struct condition *condition) {
    /* The first colon only: a date with a time of day holds more of them. */
    return loopback_span_cut(text, ':', &condition->field, &condition->value) &&
           condition->field.length > 0 && condition->value.length > 0;
}

static bool is_date(loopback_span text) {
    static const char shape[] = "dddd-dd-dd";
    if (text.length < sizeof shape - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        char c = text.start[i];
        bool fits = shape[i] == 'd' ? c >= '0' && c <= '9' : c == shape[i];
        if (!fits) {
            return false;
        }
    }
    return true;
}

static bool is_in_range(loopback_span date, loopback_span first, loopback_span last) {
    if (loopback_span_compare(date, first) < 0) {
        return false;
    }
    /* A last day without a time of day includes the whole day. */
    loopback_span day = {date.start, date.length < last.length ? date.length : last.length};
    return loopback_span_compare(day, last) <= 0;
}

static bool text_matches(loopback_span text, loopback_span wanted) {
    int64_t number, wanted_number;
    if (loopback_span_number(text, &number) && loopback_span_number(wanted, &wanted_number)) {
        return number == wanted_number;
    }
    return loopback_span_contains(text, wanted);
}

static bool scalar_matches(const json_t *value, loopback_span wanted) {
    int64_t number;
    switch (json_typeof(value)) {
    case JSON_STRING:
        return text_matches((loopback_span){json_string_value(value), json_string_length(value)},
                            wanted);
    case JSON_INTEGER:
        return loopback_span_number(wanted, &number) && json_integer_value(value) == number;
    case JSON_TRUE:
        return loopback_span_is(wanted, "true");
    case JSON_FALSE:
        return loopback_span_is(wanted, "false");
    default:
        return false; /* null, and what the service offers no filter for */
    }
}

static bool value_matches(const json_t *value, loopback_span wanted) {
    if (json_is_object(value)) {
        value = json_object_get(value, "id");
    }
    if (!value) {
        return false;
    }
    loopback_span text = {json_string_value(value), json_string_length(value)};
    loopback_span first, last;
    if (json_is_string(value) && is_date(text) && loopback_span_cut(wanted, '|', &first, &last)) {
        return is_in_range(text, first, last);
    }
    loopback_span alternative;
    while (loopback_span_next(&wanted, '|', &alternative)) {
        if (scalar_matches(value, alternative)) {
            return true;
        }
    }
    return false;
}

static bool item_matches(const json_t *item, const struct condition *condition) {
    const json_t *value = json_object_getn(item, condition->field.start, condition->field.length);
    return value && value_matches(value, condition->value);
}

static bool any_item_has(const json_t *items, loopback_span field) {
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item) {
        if (json_object_getn(item, field.start, field.length)) {
            return true;
        }
    }
    return false;
}

bool loopback_filter(json_t *items, const char *filter) {
    loopback_span rest = loopback_span_of(filter), part;
    if (rest.length == 0) {
        return true;
    }
    while (loopback_span_next(&rest, ',', &part)) {
        struct condition condition;
        if (!parse_condition(part, &condition)) {
            return false;
        }
        if (!any_item_has(items, condition.field)) {
            continue; /* the service ignores a field that it does not know */
        }
        for (size_t i = json_array_size(items); i-- > 0;) {
            if (!item_matches(json_array_get(items, i), &condition)) {
                json_array_remove(items, i);
            }
        }
    }
    return true;
}
