// What a C++17 program puts around the C library: handles that free themselves, errors as
// exceptions, a list as a range. Header only; take it and make it yours.
//
// All of it is move only. Records stay good when their client is gone; a range then throws.
#ifndef COMICVINE_HPP
#define COMICVINE_HPP

#include <comicvine.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace comicvine {

// What a call failed with. what() is the library's message; the rest is in error().
class failure : public std::runtime_error {
  public:
    explicit failure(const cv_error &error) : std::runtime_error(error.message), error_(error) {
    }

    const cv_error &error() const noexcept {
        return error_;
    }
    cv_code code() const noexcept {
        return error_.code;
    }

  private:
    cv_error error_;
};

// A pointer of the library's with the function that gives it back, at no cost.
template <auto Free> struct deleter {
    template <class T> void operator()(T *pointer) const noexcept {
        Free(pointer);
    }
};
template <class T, auto Free> using handle = std::unique_ptr<T, deleter<Free>>;

// Of each resource: how it is called, retrieved, walked through and freed. Further ones alike.
template <class T> struct resource;

template <> struct resource<cv_issue> {
    static constexpr cv_resource kind = CV_ISSUE;
    static constexpr auto retrieve = cv_issue_retrieve;
    static constexpr auto next = cv_issue_next;
    using pointer = handle<const cv_issue, cv_issue_free>;
};

template <> struct resource<cv_volume> {
    static constexpr cv_resource kind = CV_VOLUME;
    static constexpr auto retrieve = cv_volume_retrieve;
    static constexpr auto next = cv_volume_next;
    using pointer = handle<const cv_volume, cv_volume_free>;
};

template <class T> using record = typename resource<T>::pointer;

// The text of a member that may be NULL; as long as the record lives.
inline std::string_view text(const char *member, std::string_view otherwise = "-") noexcept {
    return member != nullptr ? std::string_view(member) : otherwise;
}

// All records that match a query, page by page, for one walk with a range-for. Each is good until
// the next step. The walk throws where it cannot go on.
template <class T> class range {
  public:
    // An input iterator: a walk is not to be repeated, and all copies are at the same place.
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using pointer = const T *;
        using reference = const T &;

        iterator() noexcept = default; // the end
        explicit iterator(cv_cursor *cursor) : cursor_(cursor) {
            ++*this;
        }

        reference operator*() const noexcept {
            return *item_;
        }
        pointer operator->() const noexcept {
            return item_;
        }

        iterator &operator++() {
            item_ = resource<T>::next(cursor_);
            if (item_ == nullptr && cv_cursor_error(cursor_)->code != CV_OK) {
                throw failure(*cv_cursor_error(cursor_));
            }
            return *this;
        }
        void operator++(int) {
            ++*this;
        }

        friend bool operator==(const iterator &one, const iterator &other) noexcept {
            return one.item_ == other.item_;
        }
        friend bool operator!=(const iterator &one, const iterator &other) noexcept {
            return !(one == other);
        }

      private:
        cv_cursor *cursor_ = nullptr;
        const T *item_ = nullptr;
    };

    explicit range(cv_cursor *cursor) : cursor_(cursor) {
        if (cursor_ == nullptr) {
            throw failure(*cv_last_error());
        }
    }

    iterator begin() {
        return iterator(cursor_.get());
    }
    iterator end() noexcept {
        return iterator();
    }

    // -1: not known, as before the first page.
    std::int64_t total() const noexcept {
        return cv_cursor_total(cursor_.get());
    }

  private:
    handle<cv_cursor, cv_cursor_close> cursor_;
};

// A client. Any thread may use it; closing it, in its destructor, never waits for the network.
class client {
  public:
    explicit client(const cv_options &options) : client_(cv_client_open(&options)) {
        if (client_ == nullptr) {
            throw failure(*cv_last_error());
        }
    }

    // retrieve<cv_issue>(52): from the cache, or from the service, which blocks. Never null.
    template <class T>
    record<T> retrieve(std::int64_t id, cv_priority priority = CV_PRIORITY_USER) {
        record<T> result(resource<T>::retrieve(client_.get(), id, priority));
        if (result == nullptr) {
            throw failure(*cv_last_error());
        }
        return result;
    }

    // list<cv_issue>(query): sends nothing yet; the walk does.
    template <class T>
    range<T> list(const cv_query &query, cv_priority priority = CV_PRIORITY_USER) {
        return range<T>(cv_cursor_open(client_.get(), resource<T>::kind, &query, priority));
    }

    // For everything else that the C library can do.
    cv_client *get() const noexcept {
        return client_.get();
    }

  private:
    handle<cv_client, cv_client_close> client_;
};

} // namespace comicvine

#endif
