/* Modules that are wrong, each in one way: the build defines which. */
#include <weir/abi.h>

#include <string.h>

static int32_t refuse_init(const weir_host *host, weir_error *error) {
    static const char why[] = "the licence is missing";
    (void)host;
    memcpy(error->message, why, sizeof why);
    return WEIR_E_CONFIG;
}

#if defined(BAD_MANIFEST)
__attribute__((used, section(".weir.manifest"))) static const char manifest[] = BAD_MANIFEST;
#endif

#if defined(BAD_EXPORT)
__attribute__((visibility("default"))) int acme_helper(void);
int acme_helper(void) { return 1; }
__attribute__((visibility("default"))) int acme_counter = 1;
#endif

#if defined(BAD_UNIQUE)
/* As GCC writes an inline variable of C++. */
__asm__(".pushsection .data\n.globl acme_registry\n.type acme_registry, @gnu_unique_object\n.size acme_registry, 4\n"
        "acme_registry: .long 1\n.popsection");
#endif

#if defined(BAD_UNWINDER)
int _Unwind_RaiseException(void *exception);
int _Unwind_RaiseException(void *exception) { return exception != 0; }
#endif

#if defined(BAD_UNRESOLVED)
int acme_not_there(void);
int (*const acme_use)(void) = acme_not_there;
#endif

#if defined(BAD_NO_SYMBOL)
const weir_module weir_module_v2 = {sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 0, "bad", "1.0.0", 0, 0, 0, 0};
#elif defined(BAD_FUNCTION)
WEIR_EXPORT int weir_module_v1(void) { return 0; }
#elif defined(BAD_SHORT)
WEIR_EXPORT const uint32_t weir_module_v1[2] = {sizeof(weir_module), WEIR_ABI_MAJOR};
#elif defined(BAD_CUT)
/* Says that it is complete, and is not. */
WEIR_EXPORT const uint32_t weir_module_v1[4] = {sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 0};
#else

static int32_t create(const weir_operator *op, const weir_host *host, weir_str config, void **self,
                      weir_error *error) {
    (void)op, (void)host, (void)config, (void)self, (void)error;
    return WEIR_OK;
}
static void destroy(void *self) { (void)self; }
static int32_t bind_encode(void *self, const struct ArrowSchema *rows, weir_error *error) {
    (void)self, (void)rows, (void)error;
    return WEIR_OK;
}
static int32_t encode(void *self, const weir_encode *rows, weir_encoded *out, weir_error *error) {
    (void)self, (void)rows, (void)out, (void)error;
    return WEIR_OK;
}
static const weir_codec_api api = {sizeof api, 0, create, destroy, 0, 0, bind_encode, encode};
static const weir_operator codec = {
    .size = sizeof codec, .kind = WEIR_KIND_CODEC, .name = "bad", .doc = "Encodes nothing.", .api = &api};

#if defined(BAD_NULL_OPERATOR)
static const weir_operator *const operators[] = {&codec, 0};
#else
static const weir_operator *const operators[] = {&codec, &codec};
#endif

#if !defined(BAD_ABI_MINOR)
#define BAD_ABI_MINOR WEIR_ABI_MINOR
#endif
#if defined(BAD_NULL_OPERATOR)
#define BAD_N_OPERATORS 2
#else
#define BAD_N_OPERATORS 1
#endif
#if defined(BAD_INIT)
#define BAD_INIT_FUNCTION refuse_init
#else
#define BAD_INIT_FUNCTION 0
#endif

WEIR_EXPORT const weir_module weir_module_v1 = {
    sizeof(weir_module), WEIR_ABI_MAJOR, BAD_ABI_MINOR, BAD_N_OPERATORS, "bad", "1.0.0", operators,
    BAD_INIT_FUNCTION,   0,              0,
};
#endif

/* Not every variant uses it. */
int32_t (*const keep_refuse_init)(const weir_host *, weir_error *) = refuse_init;
