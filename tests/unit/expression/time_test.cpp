// Dates, times, intervals and time zones.
#include "expression_fixture.hpp"

namespace weir::host::expression {
namespace {

TEST(Times, AreReadInIso8601) {
    EXPECT_EQ(evaluate("timestamp '2024-05-23T12:34:56.789+02:00'"), "2024-05-23 10:34:56.789+00");
    EXPECT_EQ(evaluate("timestamp '2024-05-23 12:34 Europe/Berlin'"), "2024-05-23 10:34:00+00");
    EXPECT_EQ(evaluate("timestamp '2024-05-23'"), "2024-05-23 00:00:00+00");
    EXPECT_EQ(evaluate("'2024-02-30'::date"), "problem at `'2024-02-30'::date`: `2024-02-30` is outside of date");
    EXPECT_EQ(evaluate("'yesterday'::date"), "problem at `'yesterday'::date`: `yesterday` is not date");
    EXPECT_EQ(evaluate("TRY_CAST('2024-05-23T25:00:00Z' AS timestamp)"), "null");
    EXPECT_EQ(evaluate("timestamp '1969-12-31 23:59:59.5Z'"), "1969-12-31 23:59:59.5+00");
    EXPECT_EQ(evaluate("date '0001-01-01' - 366"), "0001-01-01 BC");
}

TEST(Times, NowIsTheEnginesClock) { EXPECT_EQ(evaluate("now()"), "2024-05-23 12:34:56+00"); }

TEST(Times, AddIntervalsInTheirOrder) {
    EXPECT_EQ(evaluate("timestamp '2024-01-31Z' + interval '1 month'"), "2024-02-29 00:00:00+00");
    EXPECT_EQ(evaluate("timestamp '2024-01-31Z' + interval '1 month 1 day'"), "2024-03-01 00:00:00+00");
    EXPECT_EQ(evaluate("timestamp '2024-03-31Z' - interval '1 month'"), "2024-02-29 00:00:00+00");
    EXPECT_EQ(evaluate("n * interval '1 year 300000 years' + date '2024-01-01'").substr(0, 15), "error: overflow");
    EXPECT_EQ(evaluate("interval '1 month' * 1.5"), "1 mon 15 days");
    EXPECT_EQ(evaluate("interval '1 day' / 7"), "03:25:42.857143");
    EXPECT_EQ(evaluate("interval '1 month' = interval '30 days'"), "true");
}

TEST(Times, ReadIntervalsInManyForms) {
    EXPECT_EQ(evaluate("interval '1 year 2 mons 3 days 04:05:06.789'"), "1 year 2 mons 3 days 04:05:06.789");
    EXPECT_EQ(evaluate("interval 'P1Y2M3DT4H5M6.5S'"), "1 year 2 mons 3 days 04:05:06.5");
    EXPECT_EQ(evaluate("interval '1.5 hours ago'"), "-01:30:00");
    EXPECT_EQ(evaluate("interval '-1 day 2 hours'"), "-1 days +02:00:00");
    EXPECT_EQ(evaluate("interval '90'"), "00:01:30");
    EXPECT_EQ(evaluate("TRY_CAST('1 parsec' AS interval)"), "null");
}

TEST(Times, FollowTheClocksOfAZone) {
    const std::string berlin = " AT TIME ZONE 'Europe/Berlin'";
    EXPECT_EQ(evaluate("timestamp '2024-03-31 00:59:59Z'" + berlin), "2024-03-31 01:59:59");
    EXPECT_EQ(evaluate("timestamp '2024-03-31 01:00:00Z'" + berlin), "2024-03-31 03:00:00");
    EXPECT_EQ(evaluate("'2024-03-31 02:30'::local_timestamp" + berlin), "2024-03-31 01:30:00+00");
    EXPECT_EQ(evaluate("'2024-10-27 02:30'::local_timestamp" + berlin), "2024-10-27 01:30:00+00");
    EXPECT_EQ(evaluate("date_trunc('hour', timestamp '2024-10-27 00:30:00Z', 'Europe/Berlin')"),
              "2024-10-27 00:00:00+00");
    EXPECT_EQ(evaluate("date_trunc('hour', timestamp '2024-10-27 01:30:00Z', 'Europe/Berlin')"),
              "2024-10-27 01:00:00+00");
    EXPECT_EQ(evaluate("timestamp '2024-05-23Z' AT TIME ZONE 'Mars/Base'"),
              "problem at `'Mars/Base'`: there is no time zone `Mars/Base`");
}

TEST(Times, BeforeTheCalendarAreRowErrors) {
    const Schema schema{{{"t", type_of(TypeId::kTimestamp), false}}};
    const auto got = evaluate("t + interval '1 microsecond'", schema, "[[9223372036854775807],[-9223372036854775807]]");
    EXPECT_EQ(got[0].substr(0, 15), "error: overflow");
    EXPECT_EQ(got[1].substr(0, 15), "error: overflow");
    EXPECT_EQ(evaluate("date_trunc('hour', t)", schema, "[[-9223372036854775808]]")[0].substr(0, 15), "error: overflow");
    EXPECT_EQ(evaluate("t::string", schema, "[[-9223372036854775808]]")[0], "290309-12-21 19:59:05.224192+00 BC");
    const Schema dates{{{"d", type_of(TypeId::kDate), false}}};
    EXPECT_EQ(evaluate("d::timestamp", dates, "[[-2147483648]]")[0].substr(0, 15), "error: overflow");
    EXPECT_EQ(evaluate("extract(year FROM t) < 0", schema, "[[-9223372036854775807]]")[0], "true");
}

TEST(Times, RefuseBinsOfAnyLength) {
    EXPECT_EQ(evaluate("date_bin(interval '2147483647 days' * n, now(), now())").substr(0, 15), "error: overflow");
    EXPECT_EQ(evaluate("date_bin(interval '0 days' * n, now(), now())").substr(0, 19), "error: bad-argument");
}

TEST(Times, AreWrittenByPattern) {
    EXPECT_EQ(evaluate("to_char(timestamp '2024-05-03 09:05:06.007Z', 'Dy DD Mon YYYY HH24:MI:SS.MS')"),
              "Fri 03 May 2024 09:05:06.007");
    EXPECT_EQ(evaluate("to_char(timestamp '2024-05-03 09:05:06Z', 'FMDay, FMDD. FMMonth \"of\" YYYY, HH:MI am')"),
              "Friday, 3. May of 2024, 09:05 am");
    EXPECT_EQ(evaluate("to_timestamp('2024-13', 'YYYY-MM')"),
              "problem at `to_timestamp('2024-13', 'YYYY-MM')`: this fails for every row: `2024-13` is no date");
}

}  // namespace
}  // namespace weir::host::expression
