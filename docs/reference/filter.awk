# Makes the headers' plain comments Doxygen's: what stands above a declaration belongs to it, what
# stands behind a member to that member, and what heads some members to all of them. Declarations
# that follow each other below one comment share it.

function end_group() {
    if (in_group) print "    /** @} */"
    in_group = 0
}

# Comments are read whole before anything is printed.
/^ *\/\*/ && !in_comment {
    in_comment = 1
    comment = ""
    opens_file = FNR == 1
}
in_comment {
    line = $0
    gsub(/</, "\\\\&", line)
    comment = comment line "\n"
    if (!/\*\//) next
    in_comment = 0
    has_comment = 1
    if (comment ~ /^\/\* (----|clang-format)/) has_comment = 0
    sub(/\/\*/, opens_file ? "/** @file\n *" : "/**", comment)
    if (opens_file) {
        printf "%s", comment
        has_comment = 0
    }
    next
}

/^$/ {
    end_group()
    has_comment = 0
    shared = ""
}

# A comment on its own within a struct, above members that have their own behind them: a heading.
has_comment && /^    .*\/\*/ {
    end_group()
    sub(/\/\*\*/, "/** @name", comment)
    sub(/\. \*\/\n$/, " */\n", comment)
    printf "%s    /** @{ */\n", comment
    in_group = 1
    has_comment = 0
}

has_comment {
    printf "%s", comment
    shared = /^(CV_API|typedef.*;$|#define|    [a-z])/ ? comment : ""
    has_comment = 0
    is_first = 1
}
shared != "" && !is_first && /^(CV_API|typedef|#define|    [a-z].*;$)/ { printf "%s", shared }
{ is_first = 0 }

/^}/ { end_group() }

# What many structs have, and no header says each time.
/^typedef struct/ { is_page = /_page \{$/ }
/^    size_t size;$/ { sub(/$/, " /* of this struct, as the caller knows it */") }
/^    int64_t reserved\[/ { sub(/$/, " /* room to grow, 0 */") }
/^    cv_record record;$/ { sub(/$/, " /* what every record begins with */") }
/^    const .*\*items;$/ { sub(/$/, " /* the first of them */") }
/^    size_t count;$/ { sub(/$/, " /* how many items there are */") }
is_page && /^    [a-z].*;$/ { sub(/$/, " /* as in cv_page */") }
/^#define CV_[A-Z_]*_INIT / { print "/** What a struct of this kind starts from. */" }

# Behind a member, perhaps over several lines.
!in_trailing && / \/\* / {
    sub(/\/\* /, "/**< ")
    in_trailing = 1
}
in_trailing && /\*\// { in_trailing = 0 }

{ print }
