/* comicvine completion: what a shell completes, out of the tables that the program works from. */
#include <string.h>

#include "cli.h"
#include "commands.h"

/* Options that are in no table: each command has them. */
#define HELP_OF_HELP    "says what there is, or what the command does"
#define HELP_OF_VERSION "says which versions are in use"

/* ---- what there is to complete ---- */

typedef void option_fn(const cli_command *command, const cli_option *row);

static void each_option(const cli_command *command, option_fn *tell) {
    const cli_option_group *groups[CLI_GROUPS_MAX];
    size_t count = cli_command_groups(command, groups);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < groups[i]->count; k++) {
            if (groups[i]->rows[k].kind != CLI_OPTION_REFUSED) {
                tell(command, &groups[i]->rows[k]);
            }
        }
    }
}

static void print_words(cli_words kind) {
    const char *word = NULL;
    for (size_t i = 0; (word = cli_command_word(kind, i)) != NULL; i++) {
        (void)printf("%s%s", i > 0 ? " " : "", word);
    }
}

/* ---- bash ---- */

static void print_option_word(const cli_command *command, const cli_option *row) {
    (void)command;
    (void)printf(" --%s%s", row->name, row->argument && !row->may_lack_value ? "=" : "");
}

static void print_bash(void) {
    (void)puts("_comicvine() {\n"
               "  local word=${COMP_WORDS[COMP_CWORD]} command= first= i options words\n"
               "  COMPREPLY=()\n"
               "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
               "    case ${COMP_WORDS[i]} in\n"
               "      -*|=) ;;\n"
               "      *) if [ -z \"$command\" ]; then command=${COMP_WORDS[i]}\n"
               "         elif [ -z \"$first\" ]; then first=${COMP_WORDS[i]}; fi ;;\n"
               "    esac\n"
               "  done\n"
               "  case $command in");
    for (const cli_command *const *row = cli_commands; *row; row++) {
        (void)printf("    %s) options=\"--help", (*row)->name);
        each_option(*row, print_option_word);
        (void)printf("\" words=\"");
        print_words((*row)->first);
        (void)printf("\" ;;\n");
    }
    (void)printf("    *) options=\"--help --version");
    each_option(NULL, print_option_word);
    (void)printf("\" words=\"");
    print_words(CLI_WORDS_COMMANDS);
    (void)puts("\" ;;\n"
               "  esac\n"
               "  if [[ $word == -* ]]; then\n"
               "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
               "    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null\n"
               "  elif [ -z \"$first\" ] && [ -n \"$words\" ]; then\n"
               "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
               "  fi\n"
               "}\n"
               "complete -o default -F _comicvine comicvine");
}

/* ---- zsh ---- */

/* A text within single quotes, in which brackets and colons would end a description. */
static void print_quoted(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            (void)printf("'\\''");
        } else {
            (void)printf("%s%c", strchr("[]:\\", *text) ? "\\" : "", *text);
        }
    }
}

/* -f+ and --fields= take a value, from the next word too; --json=- takes one from its own alone. */
static void print_zsh_name(const cli_option *row) {
    const char *equals = !row->argument ? "" : row->may_lack_value ? "=-" : "=";
    const char *plus = !row->argument ? "" : row->may_lack_value ? "-" : "+";
    if (row->letter != '\0') {
        (void)printf("{-%c%s,--%s%s}", row->letter, plus, row->name, equals);
    } else {
        (void)printf("--%s%s", row->name, equals);
    }
}

static void print_zsh_option(const cli_command *command, const cli_option *row) {
    (void)command;
    (void)printf("        ");
    print_zsh_name(row);
    (void)printf("'[");
    print_quoted(row->help);
    (void)printf("]");
    if (row->argument) {
        (void)printf("%s:%s:", row->may_lack_value ? ":" : "", row->argument);
        for (size_t i = 0; row->words && row->words[i]; i++) {
            (void)printf("%s%s%s", i == 0 ? "(" : " ", row->words[i], row->words[i + 1] ? "" : ")");
        }
        (void)printf("%s", strcmp(row->argument, "FILE") == 0 ? "_files" : "");
    }
    (void)printf("' \\\n");
}

static void print_zsh_command(const cli_command *command) {
    (void)printf("    %s)\n      _arguments \\\n", command->name);
    each_option(command, print_zsh_option);
    if (cli_command_word(command->first, 0)) {
        (void)printf("        '1:first:(");
        print_words(command->first);
        (void)printf(")' \\\n");
    }
    (void)puts("        '--help[" HELP_OF_HELP "]' '*:word:_files' ;;");
}

/* Taken from a folder of completions, the whole text is the function of that name, called for the
 * first time; sourced, it only defines it. */
static void print_zsh(void) {
    (void)printf("#compdef comicvine\n"
                 "_comicvine() {\n"
                 "  local curcontext=$curcontext context state line\n"
                 "  local -A opt_args\n"
                 "  local -a commands\n"
                 "  commands=(\n");
    for (const cli_command *const *row = cli_commands; *row; row++) {
        (void)printf("    '%s:", (*row)->name);
        print_quoted((*row)->summary);
        (void)printf("'\n");
    }
    (void)printf("  )\n"
                 "  _arguments -C \\\n");
    each_option(NULL, print_zsh_option);
    (void)printf("        '--help[" HELP_OF_HELP "]' '--version[" HELP_OF_VERSION "]' \\\n"
                 "        '(-)1:command:->command' '(-)*::word:->words' && return\n"
                 "  case $state in\n"
                 "    command) _describe command commands; return ;;\n"
                 "    words) ;;\n"
                 "    *) return 1 ;;\n"
                 "  esac\n"
                 "  case $words[1] in\n");
    for (const cli_command *const *row = cli_commands; *row; row++) {
        print_zsh_command(*row);
    }
    (void)puts("  esac\n"
               "}\n"
               "if [[ $funcstack[1] == _comicvine ]]; then\n"
               "  _comicvine \"$@\"\n"
               "else\n"
               "  compdef _comicvine comicvine\n"
               "fi");
}

/* ---- fish ---- */

static void print_fish_text(const char *text) {
    for (; *text != '\0'; text++) {
        (void)printf("%s%c", strchr("'\\", *text) ? "\\" : "", *text);
    }
}

static void print_fish_condition(const cli_command *command) {
    (void)printf("complete -c comicvine -n '__comicvine_at \"%s\"'", command ? command->name : "");
}

static void print_fish_option(const cli_command *command, const cli_option *row) {
    print_fish_condition(command);
    (void)printf(" -l %s", row->name);
    if (row->letter != '\0') {
        (void)printf(" -s %c", row->letter);
    }
    if (row->argument && !row->may_lack_value) {
        (void)printf(" -r");
    }
    if (row->words) {
        (void)printf(" -f -a '");
        for (size_t i = 0; row->words[i]; i++) {
            (void)printf("%s%s", i > 0 ? " " : "", row->words[i]);
        }
        (void)printf("'");
    }
    (void)printf(" -d '");
    print_fish_text(row->help);
    (void)printf("'\n");
}

static void print_fish_command(const cli_command *command) {
    print_fish_condition(NULL);
    (void)printf(" -f -a %s -d '", command->name);
    print_fish_text(command->summary);
    (void)printf("'\n");
    if (cli_command_word(command->first, 0)) {
        (void)printf("complete -c comicvine -n '__comicvine_at %s 1' -f -a '", command->name);
        print_words(command->first);
        (void)printf("'\n");
    }
    each_option(command, print_fish_option);
}

static void print_fish(void) {
    (void)puts("function __comicvine_at # COMMAND [COUNT]: it is given, with so many words and it\n"
               "  set -l words (string match --invert -- '-*' (commandline -opc)[2..-1])\n"
               "  test \"$words[1]\" = \"$argv[1]\"; or return\n"
               "  test -z \"$argv[2]\"; or test (count $words) = \"$argv[2]\"\n"
               "end\n"
               "complete -c comicvine -l help -s h -d '" HELP_OF_HELP "'");
    print_fish_condition(NULL);
    (void)puts(" -l version -s V -d '" HELP_OF_VERSION "'");
    each_option(NULL, print_fish_option);
    for (const cli_command *const *row = cli_commands; *row; row++) {
        print_fish_command(*row);
    }
}

/* ---- the command ---- */

static const struct {
    const char *shell;
    void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

static cli_status run_completion(cli *self, const void *own, size_t count,
                                 const char *const *words) {
    (void)own;
    for (size_t i = 0; count == 1 && i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(shells[i].shell, words[0]) == 0) {
            shells[i].print();
            return CLI_DONE;
        }
    }
    return cli_usage_error(self, "completion takes one of bash, zsh and fish");
}

const cli_command cli_command_completion = {
    .name = "completion",
    .usage = "bash|zsh|fish",
    .summary = "writes what makes a shell complete commands and options",
    .examples = "source <(comicvine completion bash)\n"
                "comicvine completion zsh > \"${fpath[1]}/_comicvine\"\n"
                "comicvine completion fish > ~/.config/fish/completions/comicvine.fish\n",
    .first = CLI_WORDS_SHELLS,
    .run = run_completion,
};
