/* A plugin that does next to nothing, right. Logs its init and deinit, so that a test sees its life. */
#include <weir/abi.h>

#include <string.h>

#ifndef TEST_PLUGIN_ID
#define TEST_PLUGIN_ID "good"
#define TEST_PLUGIN_OPERATOR "good.pass"
#endif
#ifndef TEST_PLUGIN_VERSION
#define TEST_PLUGIN_VERSION "1.0.0"
#endif

static const weir_host *host;

static void say(const char *what) {
    weir_str text = {what, strlen(what)};
    host->log(host, WEIR_LOG_INFO, text);
}

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    (void)op, (void)config, (void)error;
    *self = context;
    return WEIR_OK;
}
static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    (void)self, (void)bind, (void)error;
    return WEIR_OK;
}
static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    (void)self, (void)batch, (void)input, (void)error;
    return WEIR_OK;
}
static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)self, (void)budget, (void)error;
    return WEIR_OK;
}
static void destroy(void *self) { (void)self; }

static const weir_instance_api api = {
    .size = sizeof api,
    .create = create,
    .bind = bind,
    .process = process,
    .resume = resume,
    .destroy = destroy,
};

static const weir_param params[] = {
    {.size = sizeof(weir_param),
     .type = WEIR_PARAM_INT64,
     .flags = WEIR_PARAM_PRIMARY,
     .name = "limit",
     .doc = "Rows to let through.",
     .default_json = "12"},
};
static const weir_port inputs[] = {{sizeof(weir_port), 0, "in", "Rows."}};
static const weir_port outputs[] = {{sizeof(weir_port), 0, "out", "The same rows."}};

static const weir_operator pass = {
    .size = sizeof pass,
    .kind = WEIR_KIND_OPERATOR,
    .name = TEST_PLUGIN_OPERATOR,
    .doc = "Lets rows through.",
    .params = params,
    .inputs = inputs,
    .outputs = outputs,
    .n_params = 1,
    .n_inputs = 1,
    .n_outputs = 1,
    .api = &api,
};
static const weir_operator *const operators[] = {&pass};

static int32_t init(const weir_host *given, weir_error *error) {
    (void)error;
    host = given;
    say("init " TEST_PLUGIN_VERSION);
    return WEIR_OK;
}
static void deinit(void) { say("deinit " TEST_PLUGIN_VERSION); }

static const void *extension(const char *id) { return strcmp(id, "good.answer/0") == 0 ? &params : NULL; }

WEIR_EXPORT const weir_module weir_module_v1 = {
    sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 1, TEST_PLUGIN_ID, TEST_PLUGIN_VERSION, operators, init, deinit,
    extension,
};
