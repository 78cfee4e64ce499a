/* Which sanitizer watches the test, whatever the compiler: gcc and clang say it in ways of their
 * own. Nothing is defined without one. */
#ifndef TESTS_SUPPORT_SANITIZED_H
#define TESTS_SUPPORT_SANITIZED_H

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define UNDER_ADDRESS_SANITIZER
#endif
#if __has_feature(thread_sanitizer)
#define UNDER_THREAD_SANITIZER
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#define UNDER_ADDRESS_SANITIZER
#endif
#ifdef __SANITIZE_THREAD__
#define UNDER_THREAD_SANITIZER
#endif

#endif
