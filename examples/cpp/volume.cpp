// Prints the issues of a volume in the order in which they appeared, and who made the first: a list
// with a range-for, records that free themselves, one place for all errors.
//
// usage: volume VOLUME [BASE_URL [DATABASE]]      the key comes from COMIC_VINE_API_KEY
//
// VOLUME is an id or the address of a page: 901, 4050-901,
// https://comicvine.gamespot.com/.../4050-901/
#include "comicvine.hpp"

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

using comicvine::text;

static cv_options options_of(int argc, char **argv) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = std::getenv("COMIC_VINE_API_KEY");
    options.base_url = argc > 2 ? argv[2] : nullptr;
    options.database = argc > 3 ? argv[3] : nullptr;
    options.application = "volume-example/1.0";
    return options;
}

// The id of the first issue; 0 if there is none.
static std::int64_t print_issues(comicvine::client &client, std::int64_t volume) {
    const std::string filter = "volume:" + std::to_string(volume);
    cv_query query = CV_QUERY_INIT;
    query.filter = filter.c_str();
    query.sort = "cover_date:asc";
    query.fields = "name,issue_number,cover_date"; // what is printed, and no more

    std::int64_t first = 0;
    for (const cv_issue &issue : client.list<cv_issue>(query)) {
        std::cout << '#' << text(issue.issue_number) << " (" << text(issue.cover_date)
                  << "): " << text(issue.name) << '\n';
        first = first == 0 ? issue.id : first;
    }
    return first;
}

static void print_credits(comicvine::client &client, std::int64_t id) {
    const auto issue = client.retrieve<cv_issue>(id); // lists have no credits
    for (std::size_t i = 0; i < issue->person_credits.count; i++) {
        const cv_person_credit &credit = issue->person_credits.items[i];
        std::cout << text(credit.role) << ": " << text(credit.name) << '\n';
    }
}

int main(int argc, char **argv) {
    std::int64_t volume = 0;
    if (argc < 2 || argc > 4 || !cv_id_parse(argv[1], CV_VOLUME, &volume)) {
        std::cerr << "usage: " << argv[0] << " VOLUME [BASE_URL [DATABASE]]\n";
        return 2;
    }
    try {
        comicvine::client client(options_of(argc, argv));
        const std::int64_t first = print_issues(client, volume);
        if (first == 0) {
            std::cerr << "volume " << volume << " has no issues\n";
            return 1;
        }
        print_credits(client, first);
    } catch (const comicvine::failure &failure) {
        std::cerr << failure.what() << " (" << cv_code_name(failure.code()) << ")\n";
        return 1;
    } catch (const std::exception &error) { // no memory
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
