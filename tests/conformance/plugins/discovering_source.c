/*
 * A source that finds its splits again and again: every file of a folder is one, its lines are numbers. A position is
 * the byte offset behind the last line that was emitted. A file that does not grow is dry, not at its end: the source
 * asks to be called again after `interval`, and discover then sees new files too. `end_when_dry` makes it bounded.
 *
 * Each batch carries the lines that it came from (weir_origin), so that a dead letter can keep them; lines that are
 * no numbers never become rows.
 */
#include <dirent.h>

#include "support.h"

enum { kSplits = 64, kMaxRows = 256 };

typedef struct lines {
    weir_origin origin; /* first: the host's pointer is ours */
    long references;
    int64_t n, offsets[kMaxRows];
    char split[64], *text[kMaxRows];
} lines;

typedef struct split {
    int assigned;
    char id[64];
    long offset;
} split;

typedef struct source {
    weir_context *context;
    char folder[512];
    int64_t interval;
    int end_when_dry;
    split splits[kSplits];
    uint64_t committed; /* the last epoch that is durable downstream */
} source;

static void retain_lines(weir_origin *o) { __atomic_add_fetch(&((lines *)o)->references, 1, __ATOMIC_RELAXED); }
static void release_lines(weir_origin *o) {
    lines *l = (lines *)o;
    if (__atomic_sub_fetch(&l->references, 1, __ATOMIC_ACQ_REL) > 0) return;
    for (int64_t i = 0; i < l->n; ++i) free(l->text[i]);
    free(l);
}
static int32_t get_line(weir_origin *o, int64_t row, weir_origin_record *out) {
    const lines *l = (const lines *)o;
    out->partition = -1;
    out->offset = l->offsets[row];
    out->timestamp = INT64_MIN;
    out->topic = text_of(l->split);
    out->payload = text_of(l->text[row]);
    return WEIR_OK;
}

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    source *s = calloc(1, sizeof *s);
    const char *bounded = config_at(config, "end_when_dry");
    (void)op;
    if (!s) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    s->context = context;
    config_text(config, "folder", s->folder, sizeof s->folder);
    s->interval = config_int64(config, "interval");
    s->end_when_dry = bounded && strncmp(bounded, "true", 4) == 0;
    *self = s;
    return WEIR_OK;
}

static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    static const char *const names[] = {"n"};
    struct ArrowSchema out;
    (void)self, (void)error;
    int64_schema(&out, names, 1);
    bind->set_output(bind, 0, &out);
    return WEIR_OK;
}

static int32_t discover(void *self, const weir_bytes_out *ids, weir_error *error) {
    source *s = self;
    DIR *folder = opendir(s->folder);
    struct dirent *entry;
    if (!folder) return fail_with(error, WEIR_E_RETRYABLE, "folder", "the folder cannot be read");
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && strlen(entry->d_name) < sizeof s->splits[0].id)
            ids->put(ids, text_of(entry->d_name));
    closedir(folder);
    return WEIR_OK;
}

static int32_t assign(void *self, uint64_t number, weir_str id, weir_str position, weir_error *error) {
    source *s = self;
    split *to = &s->splits[number % kSplits];
    if (number >= kSplits) return fail_with(error, WEIR_E_FATAL, "", "takes at most 64 files");
    memset(to, 0, sizeof *to);
    to->assigned = 1;
    memcpy(to->id, id.data, id.size < sizeof to->id ? id.size : sizeof to->id - 1);
    for (uint64_t i = 0; position.data && i < position.size; ++i) to->offset = 10 * to->offset + position.data[i] - '0';
    return WEIR_OK;
}

static int32_t revoke(void *self, uint64_t number, weir_error *error) {
    (void)error;
    ((source *)self)->splits[number].assigned = 0;
    return WEIR_OK;
}

/* Reads whole lines behind the split's offset. */
static lines *read_lines(source *s, split *from, int64_t max) {
    char path[640], line[256];
    FILE *file;
    lines *l = calloc(1, sizeof *l);
    l->origin.size = sizeof l->origin;
    l->origin.retain = retain_lines;
    l->origin.release = release_lines;
    l->origin.get = get_line;
    l->references = 1;
    memcpy(l->split, from->id, sizeof l->split);
    snprintf(path, sizeof path, "%s/%s", s->folder, from->id);
    file = fopen(path, "r");
    if (!file) return l;
    fseek(file, from->offset, SEEK_SET);
    while (l->n < max && fgets(line, sizeof line, file) && strchr(line, '\n')) {
        *strchr(line, '\n') = '\0';
        l->offsets[l->n] = from->offset;
        l->text[l->n] = calloc(1, strlen(line) + 1);
        memcpy(l->text[l->n++], line, strlen(line));
        from->offset = ftell(file);
    }
    fclose(file);
    return l;
}

static int32_t dry(source *s) {
    if (s->end_when_dry) return WEIR_END;
    s->context->wake_at(s->context, s->context->now(s->context) + s->interval);
    return WEIR_OK;
}

static int32_t poll(void *self, uint64_t number, uint64_t max_rows, uint64_t max_bytes, weir_error *error) {
    source *s = self;
    struct ArrowArray rows;
    weir_batch batch, rejected;
    int32_t *from, code = WEIR_MORE;
    lines *l = read_lines(s, &s->splits[number], max_rows < kMaxRows ? (int64_t)max_rows : kMaxRows);
    int64_t good = 0;
    (void)max_bytes, (void)error;
    if (l->n == 0) {
        release_lines(&l->origin);
        return dry(s);
    }
    memset(&rejected, 0, sizeof rejected);
    rejected.size = sizeof rejected;
    rejected.split = number;
    rejected.origin = &l->origin;
    int64_rows(&rows, l->n, 1);
    from = host->alloc((uint64_t)l->n * sizeof *from);
    for (int64_t i = 0; i < l->n; ++i) {
        char *end = l->text[i];
        const long long n = strtoll(l->text[i], &end, 10);
        if (end == l->text[i] || *end) {
            weir_row_error bad = {sizeof bad, 0, i, text_of("decode"), text_of("n"), text_of("a number is expected")};
            s->context->fail_rows(s->context, &rejected, &bad, 1);
            continue;
        }
        int64_values(&rows, 0)[good] = n;
        from[good++] = (int32_t)i;
    }
    rows.length = rows.children[0]->length = good;
    batch = batch_of(&rows, number);
    batch.origin = &l->origin; /* our reference passes to the host */
    batch.origin_rows = from;
    if (good > 0) return s->context->emit(s->context, 0, &batch) < 0 ? WEIR_E_FATAL : code;
    rows.release(&rows);
    host->free(from);
    release_lines(&l->origin);
    return code;
}

static int32_t position(void *self, uint64_t number, const weir_bytes_out *out, weir_error *error) {
    char text[24];
    (void)error;
    snprintf(text, sizeof text, "%ld", ((source *)self)->splits[number].offset);
    out->put(out, text_of(text));
    return WEIR_OK;
}

/* A real one lets the server forget what it has sent. */
static int32_t on_epoch_committed(void *self, uint64_t epoch, const weir_position *positions, uint64_t n,
                                  weir_error *error) {
    (void)positions, (void)n, (void)error;
    ((source *)self)->committed = epoch;
    return WEIR_OK;
}

static void destroy(void *self) { free(self); }

static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind, .destroy = destroy, .discover = discover, .assign = assign,
    .revoke = revoke, .poll = poll, .position = position, .on_epoch_committed = on_epoch_committed,
};
static const weir_param params[] = {
    PARAM(WEIR_PARAM_STRING, WEIR_PARAM_REQUIRED | WEIR_PARAM_PRIMARY, "folder", "Where the files are."),
    {.size = sizeof(weir_param), .type = WEIR_PARAM_DURATION, .name = "interval", .doc = "How often to look again.",
     .default_json = "1000000"},
    {.size = sizeof(weir_param), .type = WEIR_PARAM_BOOL, .name = "end_when_dry", .doc = "End at the files' ends.",
     .default_json = "false"},
};
static const weir_port outputs[] = {PORT("out", "A row for each line.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_SOURCE, .name = "files.numbers", .doc = "Reads numbers from files.",
    .params = params, .n_params = 3, .outputs = outputs, .n_outputs = 1, .flags = WEIR_SOURCE_REPLAYABLE, .api = &api,
};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("files", NULL);
