// What examples/cpp/comicvine.hpp promises, beyond what the example uses: handles that are moved
// and never copied, errors as exceptions, records that outlive their client, ranges that do not.
//
// usage: handles BASE_URL DATABASE      with a server on the tests' fixtures, and its key
#include "comicvine.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

using comicvine::client;
using comicvine::failure;
using comicvine::range;
using comicvine::record;

template <class T>
constexpr bool is_moved_only =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

static_assert(is_moved_only<client>);
static_assert(is_moved_only<range<cv_issue>>);
static_assert(is_moved_only<record<cv_volume>>);
static_assert(sizeof(record<cv_issue>) == sizeof(const cv_issue *), "a handle costs nothing");
static_assert(std::is_same_v<std::iterator_traits<range<cv_issue>::iterator>::iterator_category,
                             std::input_iterator_tag>);
static_assert(std::is_nothrow_copy_constructible_v<failure>, "as what is thrown must be");

static int failures = 0;

static void check(bool holds, const char *what) {
    if (!holds) {
        std::cerr << "not so: " << what << '\n';
        failures++;
    }
}

// The code of what it throws; CV_OK if nothing.
template <class Function> static cv_code thrown_by(Function function) {
    try {
        function();
    } catch (const failure &thrown) {
        check(thrown.what() == std::string_view(thrown.error().message), "what() is the message");
        return thrown.code();
    }
    return CV_OK;
}

static cv_query lamplighter() {
    cv_query query = CV_QUERY_INIT;
    query.filter = "volume:901";
    query.sort = "id:asc";
    query.limit = 1; // two pages
    return query;
}

static void check_walks(client &own) {
    std::vector<std::int64_t> ids;
    auto issues = own.list<cv_issue>(lamplighter());
    check(issues.total() == -1, "the total is not known before the first page");
    std::transform(issues.begin(), issues.end(), std::back_inserter(ids),
                   [](const cv_issue &issue) { return issue.id; });
    check(ids == std::vector<std::int64_t>{52, 113}, "algorithms walk through all pages");
    check(issues.total() == 2, "and the total is known afterwards");

    auto moved = own.list<cv_issue>(lamplighter());
    auto here = std::move(moved);
    check(here.begin()->id == 52, "a range that was moved is walked");
}

static void check_failures(client &own, const cv_options &options) {
    cv_options keyless = options;
    keyless.api_key = nullptr;
    check(thrown_by([&] { client{keyless}; }) == CV_ERROR_AUTH, "no key, no client");
    check(thrown_by([&] { own.retrieve<cv_issue>(999); }) == CV_ERROR_NOT_FOUND, "no such issue");
    check(thrown_by([&] { own.retrieve<cv_volume>(-1); }) == CV_ERROR_ARGUMENT, "no such id");

    cv_query wrong = CV_QUERY_INIT;
    wrong.sort = "nothing:asc";
    check(thrown_by([&] { own.list<cv_issue>(wrong); }) == CV_ERROR_ARGUMENT, "no such field");
}

static void check_lifetimes(const cv_options &options) {
    std::vector<record<cv_issue>> shelf;
    std::optional<range<cv_issue>> issues;
    {
        client first(options);
        client second(std::move(first));
        shelf.push_back(second.retrieve<cv_issue>(52));
        shelf.push_back(second.retrieve<cv_issue>(61));
        issues.emplace(second.list<cv_issue>(lamplighter()));
    }
    std::swap(shelf[0], shelf[1]);
    check(shelf[0]->id == 61 && shelf[1]->id == 52, "records are good without their client");
    check(comicvine::text(shelf[1]->issue_number) == "7", "with their texts");
    check(comicvine::text(shelf[0]->name, "untitled") == "untitled", "or without");
    check(thrown_by([&] { issues->begin(); }) == CV_ERROR_CLOSED, "a range is not");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " BASE_URL DATABASE\n";
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = std::getenv("COMIC_VINE_API_KEY");
    options.base_url = argv[1];
    options.database = argv[2];
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    try {
        client own(options);
        check_walks(own);
        check_failures(own, options);
        check_lifetimes(options);
    } catch (const failure &thrown) {
        std::cerr << thrown.what() << '\n';
        return 1;
    }
    return failures == 0 ? 0 : 1;
}
