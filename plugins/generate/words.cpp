#include "words.hpp"

#include <array>

namespace weir::generate {
namespace {

constexpr std::array<std::string_view, 11> kFakeKinds{"first_name", "last_name", "name", "email",    "city", "country",
                                                  "company",    "word",      "sentence", "uuid", "ipv4"};

constexpr std::array<std::string_view, 48> kFirstNames{
    "Maria",  "Mohammed", "Anna",  "Wei",   "Ali",     "Elena",  "David",  "Fatima", "Jose",   "Li",     "Ahmed", "Sofia",
    "Daniel", "Yan",      "Laura", "Ivan",  "Priya",   "John",   "Aisha",  "Carlos", "Mei",    "Peter",  "Nina",  "Omar",
    "Julia",  "Kenji",    "Eva",   "Lucas", "Amara",   "Thomas", "Yuki",   "Pablo",  "Ines",   "Viktor", "Leila", "Marco",
    "Hanna",  "Kofi",     "Clara", "Arjun", "Katarina", "Paul",  "Zainab", "Erik",   "Chiara", "Diego",  "Noor",  "Oscar"};
constexpr std::array<std::string_view, 48> kLastNames{
    "Wang",   "Garcia",  "Singh",  "Smith",   "Kim",    "Müller",  "Silva",  "Nguyen", "Khan",    "Ivanov", "Martin",   "Tanaka",
    "Rossi",  "Hassan",  "Jones",  "Lopez",   "Chen",   "Novak",   "Kumar",  "Okafor", "Schmidt", "Costa",  "Andersson", "Ali",
    "Brown",  "Santos",  "Yilmaz", "Dubois",  "Sato",   "Popescu", "Mensah", "Fischer", "Haddad", "Kowalski", "Torres", "Jensen",
    "Taylor", "Mwangi",  "Ricci",  "Nagy",    "Weber",  "Petrov",  "Park",   "Lindholm", "Moreau", "Das",    "Virtanen", "Reyes"};
constexpr std::array<std::string_view, 40> kCities{
    "Shanghai", "Delhi",  "Istanbul", "Lagos",   "London",   "Tokyo",  "Berlin",    "Madrid",  "Mumbai",   "Cairo",
    "Paris",    "Lima",   "Bogotá",   "Hanoi",   "Rome",     "Vienna", "Warsaw",    "Nairobi", "Seoul",    "Toronto",
    "Chicago",  "Sydney", "Lisbon",   "Prague",  "Budapest", "Munich", "Barcelona", "Milan",   "Hamburg",  "Accra",
    "Oslo",     "Dublin", "Helsinki", "Zurich",  "Porto",    "Quito",  "Antwerp",   "Gdańsk",  "Valencia", "Bergen"};
constexpr std::array<std::string_view, 30> kCountries{"CN", "IN", "US", "ID", "PK", "NG", "BR", "BD", "MX", "JP",
                                                      "ET", "PH", "EG", "VN", "DE", "TR", "GB", "FR", "IT", "ZA",
                                                      "KR", "ES", "AR", "PL", "CA", "AU", "NL", "SE", "PT", "CH"};
constexpr std::array<std::string_view, 16> kTrades{"Logistics", "Foods",  "Textiles", "Energy",  "Software", "Tools",
                                                   "Shipping",  "Motors", "Media",    "Systems", "Trading",  "Labs",
                                                   "Insurance", "Travel", "Paper",    "Optics"};
constexpr std::array<std::string_view, 56> kWords{
    "the",   "of",    "and",   "to",     "in",    "a",     "for",   "with",   "on",    "order",  "new",   "time",   "price", "day",
    "house", "water", "market", "road",  "river", "stone", "light", "paper",  "green", "garden", "night", "winter", "table", "letter",
    "music", "north", "silver", "small", "early", "bridge", "cloud", "quiet", "open",  "window", "field", "copper", "signal", "harbour",
    "simple", "orange", "forest", "metal", "late", "engine", "yellow", "island", "winding", "lantern", "meadow", "thunder", "velvet", "quartz"};

// One of the list for a row and turn: as by the square of a uniform number, so that the first come most often.
std::string_view pick(std::span<const std::string_view> list, const Stream &stream, uint64_t row, uint64_t turn) {
    const double u = stream.unit(row, turn);
    return list[static_cast<size_t>(u * u * static_cast<double>(list.size()))];
}

// As an address has it: lower case, and no letter beyond ASCII.
void append_plain(std::string_view name, std::string &out) {
    for (const char c : name)
        if (static_cast<unsigned char>(c) < 0x80) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void append_sentence(const Stream &stream, uint64_t row, std::string &out) {
    const auto words = 4 + static_cast<uint64_t>(stream.unit(row, 1) * 8);
    const size_t begin = out.size();
    for (uint64_t i = 0; i < words; ++i) {
        if (i) out += ' ';
        out += pick(kWords, stream, row, 2 + i);
    }
    out[begin] = static_cast<char>(out[begin] - 'a' + 'A');
    out += '.';
}

// Version 4, as RFC 9562 has it.
void append_uuid(const Stream &stream, uint64_t row, std::string &out) {
    constexpr char kDigits[] = "0123456789abcdef";
    const uint64_t halves[2] = {(stream.bits(row, 1) & ~uint64_t{0xF000}) | 0x4000,
                                (stream.bits(row, 2) & ~(uint64_t{3} << 62)) | uint64_t{1} << 63};
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
        out += kDigits[halves[i / 16] >> (60 - 4 * (i % 16)) & 15];
    }
}

// Of a private network.
void append_ipv4(const Stream &stream, uint64_t row, std::string &out) {
    const uint64_t bits = stream.bits(row, 1);
    out += "10";
    for (int shift : {0, 8, 16}) out += "." + std::to_string(bits >> shift & 255);
}

}  // namespace

std::span<const std::string_view> fake_kinds() { return kFakeKinds; }

void append_fake(Fake kind, const Stream &stream, uint64_t row, std::string &out) {
    const std::string_view first = pick(kFirstNames, stream, row, 1), last = pick(kLastNames, stream, row, 2);
    switch (kind) {
        case Fake::kFirstName: out += first; break;
        case Fake::kLastName: out += last; break;
        case Fake::kName: out.append(first).append(" ").append(last); break;
        case Fake::kEmail:
            append_plain(first, out);
            out += '.';
            append_plain(last, out);
            out += std::to_string(stream.bits(row, 3) % 1000) + "@example.com";
            break;
        case Fake::kCity: out += pick(kCities, stream, row, 1); break;
        case Fake::kCountry: out += pick(kCountries, stream, row, 1); break;
        case Fake::kCompany: out.append(last).append(" ").append(pick(kTrades, stream, row, 3)); break;
        case Fake::kWord: out += pick(kWords, stream, row, 1); break;
        case Fake::kSentence: append_sentence(stream, row, out); break;
        case Fake::kUuid: append_uuid(stream, row, out); break;
        case Fake::kIpv4: append_ipv4(stream, row, out); break;
    }
}

}  // namespace weir::generate
