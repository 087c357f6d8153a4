#include "answer.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace weir::clickhouse {
namespace {

constexpr size_t kMaxMessage = 600;
constexpr long kFirstSuccess = 200, kFirstRedirect = 300;

// Codes of ClickHouse's ErrorCodes, sorted. What a server says that is in need of something that comes back: memory, disk, time,
// replicas, Keeper, a whole body.
constexpr int kRetryCodes[] = {
    3,    // UNEXPECTED_END_OF_FILE
    33,   // CANNOT_READ_ALL_DATA: the body was cut
    40,   // CHECKSUM_DOESNT_MATCH: the body was changed on its way
    74,   // CANNOT_READ_FROM_FILE_DESCRIPTOR
    75,   // CANNOT_WRITE_TO_FILE_DESCRIPTOR
    76,   // CANNOT_OPEN_FILE
    95,   // CANNOT_READ_FROM_SOCKET
    96,   // CANNOT_WRITE_TO_SOCKET
    159,  // TIMEOUT_EXCEEDED
    160,  // TOO_SLOW
    173,  // CANNOT_ALLOCATE_MEMORY
    201,  // QUOTA_EXCEEDED
    202,  // TOO_MANY_SIMULTANEOUS_QUERIES
    203,  // NO_FREE_CONNECTION
    204,  // CANNOT_FSYNC
    209,  // SOCKET_TIMEOUT
    210,  // NETWORK_ERROR
    225,  // NO_ZOOKEEPER
    236,  // ABORTED
    241,  // MEMORY_LIMIT_EXCEEDED
    242,  // TABLE_IS_READ_ONLY: a replica without Keeper
    243,  // NOT_ENOUGH_SPACE
    252,  // TOO_MANY_PARTS: merges are behind
    271,  // CANNOT_DECOMPRESS: the body was changed on its way
    279,  // ALL_CONNECTION_TRIES_FAILED
    285,  // TOO_FEW_LIVE_REPLICAS
    286,  // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    289,  // REPLICA_IS_NOT_IN_QUORUM
    319,  // UNKNOWN_STATUS_OF_INSERT
    364,  // IP_ADDRESS_NOT_ALLOWED
    394,  // QUERY_WAS_CANCELLED
    425,  // SYSTEM_ERROR
    439,  // CANNOT_SCHEDULE_TASK
    473,  // DEADLOCK_AVOIDED
    499,  // S3_ERROR
    735,  // QUERY_WAS_CANCELLED_BY_CLIENT
    745,  // SERVER_OVERLOADED
    999,  // KEEPER_EXCEPTION
    1000, // POCO_EXCEPTION
    1001, // STD_EXCEPTION: a full disk, for one
    1002, // UNKNOWN_EXCEPTION
};

// Values that the table does not take.
constexpr int kDataCodes[] = {
    6,    // CANNOT_PARSE_TEXT
    12,   // PARAMETER_OUT_OF_BOUND
    26,   // CANNOT_PARSE_QUOTED_STRING
    27,   // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    36,   // BAD_ARGUMENTS
    38,   // CANNOT_PARSE_DATE
    41,   // CANNOT_PARSE_DATETIME
    43,   // ILLEGAL_TYPE_OF_ARGUMENT
    44,   // ILLEGAL_COLUMN
    49,   // LOGICAL_ERROR: an element that an Enum lacks, on old servers
    69,   // ARGUMENT_OUT_OF_BOUND
    70,   // CANNOT_CONVERT_TYPE
    72,   // CANNOT_PARSE_NUMBER
    117,  // INCORRECT_DATA
    128,  // TOO_LARGE_ARRAY_SIZE
    131,  // TOO_LARGE_STRING_SIZE
    153,  // ILLEGAL_DIVISION
    190,  // SIZES_OF_ARRAYS_DONT_MATCH
    321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349,  // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    376,  // CANNOT_PARSE_UUID
    395,  // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
    407,  // DECIMAL_OVERFLOW
    441,  // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
    467,  // CANNOT_PARSE_BOOL
    469,  // VIOLATED_CONSTRAINT
    675,  // CANNOT_PARSE_IPV4
    676,  // CANNOT_PARSE_IPV6
    691,  // UNKNOWN_ELEMENT_OF_ENUM
};

// Users, passwords, rights.
constexpr int kDeniedCodes[] = {
    192,  // UNKNOWN_USER
    193,  // WRONG_PASSWORD
    194,  // REQUIRED_PASSWORD
    291,  // DATABASE_ACCESS_DENIED
    497,  // ACCESS_DENIED
    516,  // AUTHENTICATION_FAILED
};

// What asking again does not mend, as long as nobody changes tables or settings.
constexpr int kStopCodes[] = {
    8,    // THERE_IS_NO_COLUMN
    10,   // NOT_FOUND_COLUMN_IN_BLOCK
    15,   // DUPLICATE_COLUMN
    16,   // NO_SUCH_COLUMN_IN_TABLE
    20,   // NUMBER_OF_COLUMNS_DOESNT_MATCH
    42,   // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
    46,   // UNKNOWN_FUNCTION
    47,   // UNKNOWN_IDENTIFIER
    48,   // NOT_IMPLEMENTED
    50,   // UNKNOWN_TYPE
    53,   // TYPE_MISMATCH
    57,   // TABLE_ALREADY_EXISTS
    60,   // UNKNOWN_TABLE
    62,   // SYNTAX_ERROR
    73,   // UNKNOWN_FORMAT
    81,   // UNKNOWN_DATABASE
    82,   // DATABASE_ALREADY_EXISTS
    115,  // UNKNOWN_SETTING
    164,  // READONLY
    218,  // TABLE_IS_DROPPED
    344,  // SUPPORT_IS_DISABLED
    392,  // QUERY_IS_PROHIBITED
    452,  // SETTING_CONSTRAINT_VIOLATION
};

template <size_t N>
bool has(const int (&codes)[N], int code) {
    return std::binary_search(std::begin(codes), std::end(codes), code);
}

// `Code: 60. DB::Exception: ...`, and of old servers `Code: 60, e.displayText() = DB::Exception: ...`. 0: there is none.
int code_of(std::string_view text) {
    constexpr std::string_view kBegin = "Code: ";
    for (size_t at = text.find(kBegin); at != text.npos; at = text.find(kBegin, at + 1)) {
        const char *first = text.data() + at + kBegin.size(), *last = text.data() + text.size();
        int code = 0;
        const auto [end, failed] = std::from_chars(first, last, code);
        if (failed != std::errc() || end == last || (*end != '.' && *end != ',')) continue;
        if (std::string_view(end, static_cast<size_t>(last - end)).find("DB::Exception") != text.npos) return code;
    }
    return 0;
}

// Where an exception that came after the answer began starts in the body; npos: there is none. Servers since 25.11 mark it by a
// tag that they tell before. Older ones append it as the last line.
size_t exception_in(std::string_view body, std::string_view tag) {
    if (!tag.empty()) {
        const std::string mark = "__exception__\r\n" + std::string(tag) + "\r\n";
        const size_t at = body.find(mark);
        return at == body.npos ? at : at + mark.size();
    }
    constexpr size_t kTail = 16 * 1024;  // no exception's text is longer
    const size_t from = body.size() > kTail ? body.size() - kTail : 0;
    for (size_t at = body.find("Code: ", from); at != body.npos; at = body.find("Code: ", at + 1))
        if ((at == 0 || body[at - 1] == '\n') && code_of(body.substr(at)) != 0) return at;
    return body.npos;
}

}  // namespace

Reaction reaction_to(int code, std::string_view text) {
    // The same code as for too many parts, of an insert of several partitions where one was asked for.
    if (code == 252 && text.find("Too many partitions") != text.npos) return Reaction::kData;
    if (has(kRetryCodes, code)) return Reaction::kRetry;
    if (has(kDataCodes, code)) return Reaction::kData;
    if (has(kDeniedCodes, code)) return Reaction::kDenied;
    if (has(kStopCodes, code)) return Reaction::kStop;
    return Reaction::kRetry;
}

std::string one_line(std::string_view text) {
    text = text.substr(0, text.find('\n'));
    for (const std::string_view end : {" (version ", ", e.what() = ", " Stack trace"})
        if (const size_t at = text.rfind(end); at != text.npos && at > 0) text = text.substr(0, at);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
    if (text.size() > kMaxMessage) {
        size_t end = kMaxMessage;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        return std::string(text.substr(0, end)) + "…";
    }
    return std::string(text);
}

Answer read_answer(HttpAnswer answer, const std::string &server) {
    Answer out;
    out.status = answer.status;
    out.server = server;
    out.sent = !answer.never_sent;
    out.cancelled = answer.cancelled;
    out.too_long = answer.too_long;
    const std::string_view told = answer.header("x-clickhouse-exception-code");
    if (!told.empty()) std::from_chars(told.data(), told.data() + told.size(), out.code);
    const size_t at = exception_in(answer.body, answer.header("x-clickhouse-exception-tag"));
    const bool success = answer.status >= kFirstSuccess && answer.status < kFirstRedirect;
    if (answer.complete() && success && told.empty() && at == std::string::npos) {
        out.body = std::move(answer.body);
        return out;
    }
    const std::string_view text = at == std::string::npos ? std::string_view(answer.body) : std::string_view(answer.body).substr(at);
    if (out.code == 0) out.code = code_of(text);
    if (out.code == 0) {
        // Nothing of ClickHouse's: the network's failure, or a proxy's answer.
        out.reaction = answer.too_long || (answer.complete() && answer.status >= 400 && answer.status < 500 && answer.status != 408 &&
                                           answer.status != 429)
                           ? Reaction::kStop
                           : Reaction::kRetry;
        if (answer.status == 401 || answer.status == 403) out.reaction = Reaction::kDenied;
        out.message = server + ": " + (answer.complete() ? "HTTP status " + std::to_string(answer.status) + ": " + one_line(text)
                                                        : one_line(answer.failure));
        return out;
    }
    out.reaction = reaction_to(out.code, text);
    out.message = one_line(text);
    if (out.message.empty()) out.message = "Code: " + std::to_string(out.code);
    return out;
}

Status Answer::as_status(const std::string &what) const {
    switch (reaction) {
        case Reaction::kNone: return {};
        case Reaction::kRetry: return Status::retryable(what + ": " + message);
        case Reaction::kDenied:
        case Reaction::kStop: return Status::config("", what + ": " + message);
        case Reaction::kData: return Status::fatal(what + ": " + message);
    }
    return Status::fatal(what + ": " + message);
}

}  // namespace weir::clickhouse
