"""Expressions for the comparison with PostgreSQL: written by hand, and generated from a seed.

All of them mean the same text in both. Types are written as both know them (bigint, text, numeric(12,2), …).
"""
import random

# Name, type in both (json is a string in weir), and its kind for the generator.
COLUMNS = [
    ("a", "smallint", "int"), ("i", "integer", "int"), ("l", "bigint", "int"), ("n", "numeric(12,2)", "number"),
    ("m", "numeric(20,6)", "number"), ("r", "real", "float"), ("f", "double precision", "float"), ("s", "text", "text"),
    ("t", "text", "text"), ("b", "boolean", "bool"), ("c", "boolean", "bool"), ("d", "date", "date"),
    ("ts", "timestamptz", "time"), ("u", "timestamptz", "time"), ("j", "json", "json"),
]

ROWS = [
    # a, i, l, n, m, r, f, s, t, b, c, d, ts, u, j
    ["1", "2", "3", "4.50", "0.000001", "1.5", "2.25", "abc", "b", "t", "f", "2024-05-23", "2024-05-23 12:34:56.789+00",
     "2024-01-31 00:00:00+00", '{"a": 1, "b": {"c": [1, 2.50, null, "x"]}}'],
    ["0", "0", "0", "0.00", "0", "0", "0", "", "", "f", "t", "1970-01-01", "1970-01-01 00:00:00+00",
     "1969-12-31 23:59:59.999999+00", "[]"],
    ["-7", "-100", "-9000000000", "-12.34", "-99.999999", "-0.1", "-1e-3", "Hello World", "o", "t", "t", "2023-12-31",
     "2024-02-29 23:59:59.5+00", "2024-10-27 00:30:00+00", '[10, "zwei", {"x": true}, false]'],
    ["32767", "2147483647", "9223372036854775807", "9999999999.99", "12345678901234.5", "3.4e38", "1.7e308", "ÄÖü ß",
     "ß", "f", "f", "9999-12-31", "9999-12-31 23:59:59.999999+00", "2024-03-31 01:00:00+00", '"text"'],
    ["-32768", "-2147483648", "-9223372036854775808", "-9999999999.99", "-12345678901234.5", "-3.4e38", "-1.7e308",
     "  padded  ", " ", None, "t", "0001-01-01", "1900-02-28 06:00:00+00", "2000-02-29 12:00:00+00",
     '{"a": null, "a": 2, "k": "\\u00e4\\n"}'],
    [None, None, None, None, None, None, None, None, None, None, None, None, None, None, None],
    ["12", "42", "1234567890123", "19.99", "3.141593", "0.5", "NaN", "a,b,c", ",", "t", None, "2024-02-29",
     "2024-12-30 08:00:00+00", "2024-07-01 00:00:00+00", "42"],
    ["3", "-5", "7", "100.00", "2.5", "Infinity", "Infinity", "100%_\\x", "%", None, "f", "2020-06-15",
     "2020-06-15 10:20:30+00", None, '{"deep": {"er": {"est": "ok"}}}'],
    [None, "10", None, "1.05", None, "2.5", "-2.5", "42", "2", "f", None, None, "2021-01-03 00:00:00+00",
     "2021-01-04 00:00:00+00", "null"],
    ["5", None, "-1", None, "1.005", None, "0.1", "-17.25", "-", None, None, "2024-05-22", None,
     "2024-05-23 12:34:56.789+00", '{"n": 1.50, "s": "a\\"b"}'],
]

BY_HAND = """
1 + 2 * 3 - 4
7 / 2
-7 / 2
7 % -3
-7 % 3
2 ^ 10
2 ^ 0.5
-2 ^ 2
1 / 3.0
10 / 4.0
2.50 * 1.10
1.10 + 2.2
5.5 % 2
1e3
0.1 + 0.2
0.1::float8 + 0.2::float8
2147483647 + 1
9223372036854775807
9223372036854775808
1 / 0
1.0 / 0
1.0::float8 / 0
0::float8 / 0
1 % 0
f / 0
i / (i - i)
l + 1
l - 1
l * 2
i * i
i * 2
a + a
a * a
-a
-i
-l
abs(a)
abs(i)
abs(l)
abs(n)
abs(f)
n + m
n - m
n * n
n * i
n / i
n / 3
m / n
n % 7
m % n
f + f
f * f
f * 1e10
r + r
r * i
r * f
r * 2
n * f
i + n
i * 1.5
i / 2
l / i
l % i
a / i
a % i
f * 0.1
f / 3
mod(i, 7)
mod(l, i)
mod(n, m)
sign(n)
sign(f)
sign(i)
floor(n)
floor(f)
floor(i)
ceil(n)
ceil(f)
ceiling(m)
round(n)
round(m)
round(f)
round(n, 1)
round(m, 3)
round(n, -1)
round(i)
round(2.5)
round(-2.5)
round(2.5::float8)
round(3.5::float8)
trunc(n)
trunc(m, 2)
trunc(f)
sqrt(f)
sqrt(i)
sqrt(2)
sqrt(-1)
cbrt(f)
power(f, 2)
power(i, 2)
power(2, i)
power(0, -1)
power(-8, 0.5)
exp(1)
exp(f)
ln(f)
ln(i)
ln(0)
log(f)
log(100)
log10(f)
pi()
greatest(a, i, l)
least(n, m)
greatest(s, t)
least(d, date '2024-01-01')
greatest(f, 1)
greatest(NULL, NULL, i)
i = l
i = n
i = f
n = m
n = f
r = f
s = t
s < t
s >= 'a'
s <> 'abc'
b = c
b < c
d < date '2024-01-01'
d = '2024-05-23'
d < ts
ts > u
ts > '2024-01-01'
ts = timestamp '2024-05-23 12:34:56.789+00'
f = 'NaN'
f > 1
f = f
f < 'NaN'
i BETWEEN 1 AND 50
i NOT BETWEEN -100 AND 0
i BETWEEN SYMMETRIC 50 AND 1
s BETWEEN 'A' AND 'b'
i IN (1, 2, 42)
i NOT IN (1, NULL)
s IN ('abc', '42')
n IN (1, 4.5, 100)
i IS NULL
i IS NOT NULL
b IS TRUE
b IS NOT TRUE
b IS FALSE
b IS NOT FALSE
b IS UNKNOWN
b IS NOT UNKNOWN
i IS DISTINCT FROM l
i IS NOT DISTINCT FROM 42
s IS DISTINCT FROM t
f IS DISTINCT FROM 'NaN'
b AND c
b OR c
NOT b
NOT b AND c
b OR NOT c AND b
b AND NULL
b OR NULL
NULL AND false
NULL OR true
i <> 0 AND 100 / i > 2
i = 0 OR 100 / i > 2
CASE WHEN i <> 0 THEN 100 / i ELSE 0 END
CASE i WHEN 2 THEN 'two' WHEN 42 THEN 'answer' END
CASE WHEN b THEN 1 WHEN c THEN 2.5 ELSE l END
CASE WHEN b THEN s ELSE t END
CASE WHEN b THEN NULL ELSE n END
CASE WHEN b THEN d ELSE ts END
coalesce(i, 0)
coalesce(i, l, 7)
coalesce(n, f, 1)
coalesce(s, 'none')
coalesce(NULL, NULL)
nullif(i, 42)
nullif(s, '')
nullif(n, 0)
nullif(i, n)
100 / nullif(i, 0)
i::text
l::text
n::text
m::text
f::text
r::text
b::text
d::text
ts::text
s::integer
s::numeric(10,2)
s::double precision
t::integer
i::smallint
l::integer
l::smallint
n::integer
m::integer
f::integer
f::bigint
f::smallint
r::integer
f::real
n::real
n::double precision
m::numeric(10,2)
m::numeric(5,1)
f::numeric(20,4)
r::numeric(20,4)
i::numeric(6,2)
i::double precision
l::double precision
l::real
i::boolean
b::integer
s::boolean
'yes'::boolean
'off'::boolean
't'::text::boolean
' 12 '::integer
'12.5'::integer
'1e3'::numeric(10,2)
'1e3'::double precision
'abc'::integer
'99999999999'::integer
''::integer
'infinity'::double precision
'-inf'::double precision
'nan'::real
0.5::integer
1.5::integer
2.5::integer
-0.5::integer
0.5::double precision::integer
1.5::double precision::integer
1e15::double precision::text
123456789012345678::double precision::text
0.0001::double precision::text
0.00001::double precision::text
1e6::real::text
d::timestamptz
ts::date
'2024-05-23'::date
'2024-05-23T12:34:56Z'::timestamptz
'2024-05-23 12:34:56.123456789+02'::timestamptz
'2024-05-23 12:34 Europe/Berlin'::timestamptz
'2024-02-30'::date
'2024-13-01'::date
'2024-05-23 25:00'::timestamptz
'24:00'::text::date
'1 day'::interval
s || t
s || i
i || s
s || n
s || f
s || b
s || d
s || ts
'a' || 'b' || 1
s || NULL
lower(s)
upper(s)
initcap(s)
length(s)
char_length(s)
octet_length(s)
reverse(s)
trim(s)
btrim(s, ' ad')
ltrim(s)
rtrim(s, 'dc ')
trim(BOTH 'a' FROM s)
trim(LEADING FROM s)
substring(s, 2)
substring(s, 2, 3)
substring(s FROM 2 FOR 3)
substring(s, 0)
substring(s, -1, 4)
substring(s, 1, -1)
substring(s, i)
substring(s, 1, i)
substr(s, 3)
left(s, 2)
left(s, -2)
left(s, i)
right(s, 3)
right(s, -3)
right(s, i)
position(t IN s)
position('l' IN s)
position('' IN s)
strpos(s, t)
replace(s, t, '*')
replace(s, 'l', 'LL')
replace(s, '', 'x')
split_part(s, ',', 1)
split_part(s, ',', 2)
split_part(s, ',', -1)
split_part(s, ',', 9)
split_part(s, ',', 0)
split_part(s, '', 1)
split_part(s, t, 1)
starts_with(s, t)
starts_with(s, 'a')
lpad(s, 5)
lpad(s, 12, 'xy')
lpad(s, 2)
rpad(s, 12, 'äß')
rpad(s, 0)
lpad(s, -1)
lpad(s, 5, '')
repeat(t, 3)
repeat(t, 0)
repeat(t, -1)
translate(s, 'abcH', 'xy')
ascii(s)
ascii(t)
chr(65)
chr(0)
chr(i)
concat(s, i, NULL, t)
concat_ws('-', s, NULL, t, i)
concat_ws(NULL, s, t)
s LIKE 'a%'
s LIKE '%l%'
s LIKE '_b_'
s LIKE '%'
s LIKE ''
s LIKE '100\\%%'
s LIKE '100!%%' ESCAPE '!'
s NOT LIKE 'H%d'
s ILIKE 'hello%'
s ILIKE 'äöÜ%'
s NOT ILIKE '%A%'
s LIKE t
s LIKE '%,%,%'
s LIKE 'a%c'
s LIKE '%b,c'
s ~ '^[a-z]+$'
s ~* 'WORLD'
s !~ '[0-9]'
s !~* 'x'
regexp_like(s, '[0-9]+')
regexp_like(s, 'HELLO', 'i')
regexp_replace(s, '[a-c]', '#')
regexp_replace(s, '[a-c]', '#', 'g')
regexp_replace(s, '(\\w)(\\w)', '\\2\\1')
regexp_replace(s, 'l+', '<\\&>', 'g')
regexp_substr(s, '[0-9]+')
regexp_count(s, '[a-z]')
regexp_count(s, 'l')
regexp_count(s, 'x*')
md5(s)
encode(sha256(s::bytea), 'hex')
encode(decode('616263', 'hex'), 'base64')
decode('zz', 'hex')
encode('abc', 'base64')
length('abc'::bytea)
date '2024-05-23' + 7
d + 1
d - 1
d - date '2024-01-01'
d + i
d + interval '1 month'
d - interval '1 day 2 hours'
d + a
ts + interval '1 month'
ts - interval '1 month'
u + interval '1 month'
u + interval '1 year 1 month 1 day 1 hour'
ts - u
u - ts
ts - interval '36 hours'
interval '1 day' + interval '25 hours'
interval '1 month' - interval '31 days'
interval '1 day' * 1.5
interval '1 month' * 0.5
2 * interval '90 minutes'
interval '1 year' / 7
interval '1 month 15 days' * 2.5
interval '1 day' / 0
-interval '1 day 2 hours'
interval '1 day' = interval '24 hours'
interval '1 month' > interval '29 days'
interval '1 month' = interval '30 days'
interval '1 year 2 mons 3 days 04:05:06.7'
interval 'P1Y2M3DT4H5M6S'
interval '1.5 days'
interval '1.5 months'
interval '-1 day 2 hours'
interval '3 hours ago'
interval '1 week'
interval '100 milliseconds'
interval '1 decade'
interval 'nonsense'
(ts - u)::text
date_trunc('year', ts)
date_trunc('quarter', ts)
date_trunc('month', ts)
date_trunc('week', ts)
date_trunc('day', ts)
date_trunc('hour', ts)
date_trunc('minute', ts)
date_trunc('second', ts)
date_trunc('milliseconds', ts)
date_trunc('decade', ts)
date_trunc('century', ts)
date_trunc('millennium', ts)
date_trunc('month', d)
date_trunc('hour', interval '1 day 02:03:04')
date_trunc('day', ts, 'Europe/Berlin')
date_trunc('hour', u, 'Asia/Kolkata')
date_trunc('nonsense', ts)
extract(year FROM ts)
extract(quarter FROM ts)
extract(month FROM ts)
extract(week FROM ts)
extract(day FROM ts)
extract(hour FROM ts)
extract(minute FROM ts)
extract(second FROM ts)
extract(milliseconds FROM ts)
extract(microseconds FROM ts)
extract(epoch FROM ts)
extract(dow FROM ts)
extract(isodow FROM ts)
extract(doy FROM ts)
extract(isoyear FROM ts)
extract(decade FROM ts)
extract(century FROM ts)
extract(millennium FROM ts)
extract(year FROM d)
extract(doy FROM d)
extract(epoch FROM interval '1 month 1 day')
extract(hour FROM interval '1 day 26 hours')
extract(epoch FROM ts - u)
extract(day FROM ts - u)
extract(nonsense FROM ts)
date_part('hour', ts)
date_part('epoch', u)
date_part('year', d)
to_timestamp(1716467696.5)
to_timestamp(i)
to_timestamp(f)
to_timestamp('2024-05-23 12:34:56', 'YYYY-MM-DD HH24:MI:SS')
to_timestamp('23/05/2024', 'DD/MM/YYYY')
to_date('23 May 2024', 'DD Mon YYYY')
to_date('2024-060', 'YYYY-DDD')
to_char(ts, 'YYYY-MM-DD HH24:MI:SS.US')
to_char(ts, 'Day, DD Month YYYY')
to_char(ts, 'FMDay, FMDD FMMonth YYYY')
to_char(ts, 'Dy Mon DY MON dy mon')
to_char(ts, 'HH12:MI AM')
to_char(ts, 'Q IW DDD D ID')
to_char(ts, '"week" IW "of" IYYY')
to_char(u, 'YYYY/MM/DD HH:MI:SS.MS pm')
ts AT TIME ZONE 'Europe/Berlin'
u AT TIME ZONE 'America/New_York'
ts AT TIME ZONE 'UTC'
(u AT TIME ZONE 'Europe/Berlin') AT TIME ZONE 'Europe/Berlin'
extract(hour FROM u AT TIME ZONE 'Europe/Berlin')
date_trunc('day', u AT TIME ZONE 'Asia/Tokyo')
ts AT TIME ZONE 'Nowhere/Land'
date_bin('15 minutes', ts, timestamptz '2024-01-01')
date_bin('1 day', u, timestamptz '2024-01-01 06:00')
date_bin('1 month', u, timestamptz '2024-01-01')
make_date(2024, 2, 29)
make_date(2023, 2, 29)
j -> 'a'
j ->> 'a'
j -> 'b' -> 'c'
j -> 'b' -> 'c' ->> 1
j -> 'b' -> 'c' -> 2
j -> 'b' -> 'c' ->> 2
j -> 0
j ->> 1
j -> -1
j ->> 'k'
j -> 'k'
j ->> 's'
j -> 'n'
j #>> 'x'
(j ->> 'a')::integer + 1
j -> 'deep' -> 'er' ->> 'est'
(j ->> 'n')::numeric(5,2)
s + 1
b + 1
i || i
upper(i)
s = i
b = 1
d = 5
nothing
nothing(i)
i AND b
NOT i
CASE WHEN i THEN 1 END
CASE WHEN b THEN 1 ELSE s END
coalesce(i, s)
b::date
d::integer
i::date
i::bytea
abs(s)
sqrt(s)
substring(i, 1)
length(i)
'abc' + 1
'1' + 1
'1' + '1'
'1' || 1
'a' = 'a'
'5' > 3
i > '5'
n > '5.5'
f > 'abc'
d > '2024-01-01x'
b = 'yes'
ts < 'never'
""".strip().replace("\\\\", "\\").splitlines()

INTS = ["a", "i", "l", "0", "1", "2", "-1", "7", "100", "2147483647", "-2147483648", "3000000000"]
NUMBERS = ["n", "m", "0.5", "1.25", "-3.75", "100.00", "0.001"]
FLOATS = ["f", "r", "0.5::double precision", "1e10::double precision", "-2.5::double precision", "3::real"]
TEXTS = ["s", "t", "'abc'", "'Hello'", "''", "'äß'", "'12'", "'-3.5'", "' x '", "'a,b,c'"]
BOOLS = ["b", "c", "true", "false", "NULL::boolean"]
DATES = ["d", "date '2024-02-29'", "date '1999-12-31'"]
TIMES = ["ts", "u", "timestamptz '2024-03-31 00:59:59+00'", "timestamptz '2000-01-01 12:00+00'"]
INTERVALS = ["interval '1 day'", "interval '1 month'", "interval '-2 hours'", "interval '1 year 3 days 04:05:06'", "(ts - u)"]
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]


class Generator:
    """Random expressions by type: a method for each, which takes the levels that are left."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.makers = [self.int, self.number, self.float, self.text, self.bool, self.date, self.time, self.interval]

    def one(self):
        return self.random.choice(self.makers)(self.random.choice([1, 2, 2, 3]))

    def pick(self, options):
        """One of the options; those that are functions are called."""
        chosen = self.random.choice(options)
        return chosen() if callable(chosen) else chosen

    def shared(self, make, levels):
        """What there is for any type."""
        return [
            lambda: f"CASE WHEN {self.bool(levels)} THEN {make(levels)} ELSE {make(levels)} END",
            lambda: f"coalesce({make(levels)}, {make(levels)})",
            lambda: f"nullif({make(levels)}, {make(levels)})",
            lambda: f"{self.pick(['greatest', 'least'])}({make(levels)}, {make(levels)})",
        ]

    def int(self, levels):
        if levels <= 0:
            return self.pick(INTS)
        n = levels - 1
        return self.pick(self.shared(self.int, n) + [
            lambda: f"({self.int(n)} {self.pick(['+', '-', '*', '/', '%'])} {self.int(n)})",
            lambda: f"({self.int(n)} {self.pick(['+', '-', '*', '/', '%'])} {self.int(n)})",
            lambda: f"abs({self.int(n)})", lambda: f"(- {self.int(n)})", lambda: f"mod({self.int(n)}, {self.int(n)})",
            lambda: f"length({self.text(n)})", lambda: f"strpos({self.text(n)}, {self.text(n)})",
            lambda: f"({self.random.choice([self.number, self.float, self.int])(n)})::{self.pick(['smallint', 'integer', 'bigint'])}",
            lambda: f"({self.date(n)} - {self.date(n)})", lambda: f"ascii({self.text(n)})",
        ])

    def number(self, levels):
        if levels <= 0:
            return self.pick(NUMBERS)
        n = levels - 1
        return self.pick(self.shared(self.number, n) + [
            lambda: f"({self.number(n)} {self.pick(['+', '-', '*'])} {self.random.choice([self.number, self.int])(n)})",
            lambda: f"({self.number(0)} / {self.random.choice([self.number, self.int])(0)})",
            lambda: f"({self.number(0)} % {self.number(0)})",
            lambda: f"{self.pick(['abs', 'floor', 'ceil', 'round', 'trunc', 'sign'])}({self.number(n)})",
            lambda: f"round({self.number(n)}, {self.pick(['0', '1', '2', '-1'])})",
            lambda: f"trunc({self.number(n)}, {self.pick(['0', '1', '-2'])})",
            lambda: f"extract({self.pick(UNITS)} FROM {self.time(n)})",
            lambda: f"extract({self.pick(UNITS[:5])} FROM {self.date(n)})",
            lambda: f"({self.random.choice([self.int, self.float])(n)})::numeric(20,4)",
        ])

    def float(self, levels):
        if levels <= 0:
            return self.pick(FLOATS)
        n = levels - 1
        return self.pick(self.shared(self.float, n) + [
            lambda: f"({self.float(n)} {self.pick(['+', '-', '*', '/'])} {self.random.choice([self.float, self.int])(n)})",
            lambda: f"{self.pick(['abs', 'floor', 'ceil', 'round', 'trunc', 'sign', 'sqrt', 'ln', 'exp'])}({self.float(n)})",
            lambda: f"power({self.float(n)}, {self.pick(['2', '0.5::double precision', '-1'])})",
            lambda: f"({self.random.choice([self.int, self.number])(n)})::{self.pick(['double precision', 'real'])}",
        ])

    def text(self, levels):
        if levels <= 0:
            return self.pick(TEXTS)
        n = levels - 1
        return self.pick(self.shared(self.text, n) + [
            lambda: f"({self.text(n)} || {self.text(n)})",
            lambda: f"(s || {self.random.choice([self.int, self.float, self.bool, self.date, self.time])(n)})",
            lambda: f"{self.pick(['lower', 'upper', 'initcap', 'trim', 'ltrim', 'rtrim', 'reverse', 'md5'])}({self.text(n)})",
            lambda: f"substring({self.text(n)}, {self.pick(['0', '1', '2', '-1'])}, {self.pick(['0', '1', '3'])})",
            lambda: f"{self.pick(['left', 'right'])}({self.text(n)}, {self.pick(['0', '1', '2', '-1', '-3'])})",
            lambda: f"{self.pick(['lpad', 'rpad'])}({self.text(n)}, {self.pick(['0', '3', '8'])}, {self.text(0)})",
            lambda: f"replace({self.text(n)}, {self.text(0)}, {self.text(0)})",
            lambda: f"split_part({self.text(n)}, ',', {self.pick(['1', '2', '-1'])})",
            lambda: f"translate({self.text(n)}, 'abc', 'xy')", lambda: f"repeat({self.text(n)}, 2)",
            lambda: f"({self.random.choice(self.makers)(n)})::text",
            lambda: f"to_char({self.time(n)}, {self.pick(['YYYY-MM-DD', 'HH24:MI:SS.MS', 'FMMonth DD', 'IYYY-IW-ID'])!r})",
            lambda: f"concat({self.text(n)}, {self.int(n)}, {self.text(n)})",
        ])

    def bool(self, levels):
        if levels <= 0:
            return self.pick(BOOLS)
        n = levels - 1
        compare = ["=", "<>", "<", "<=", ">", ">="]
        number = lambda: self.random.choice([self.int, self.number, self.float])(n)
        return self.pick([
            lambda: f"({number()} {self.pick(compare)} {number()})", lambda: f"({number()} {self.pick(compare)} {number()})",
            lambda: f"({self.text(n)} {self.pick(compare)} {self.text(n)})",
            lambda: f"({self.random.choice([self.date, self.time])(n)} {self.pick(compare)} {self.random.choice([self.date, self.time])(n)})",
            lambda: f"({self.interval(n)} {self.pick(compare)} {self.interval(n)})",
            lambda: f"({self.bool(n)} {self.pick(['AND', 'OR'])} {self.bool(n)})", lambda: f"(NOT {self.bool(n)})",
            lambda: f"({self.random.choice(self.makers)(n)} IS {self.pick(['', 'NOT '])}NULL)",
            lambda: f"({self.int(n)} IS {self.pick(['', 'NOT '])}DISTINCT FROM {self.int(n)})",
            lambda: f"({self.int(n)} {self.pick(['', 'NOT '])}BETWEEN {self.int(0)} AND {self.int(0)})",
            lambda: f"({self.int(n)} {self.pick(['', 'NOT '])}IN ({self.int(0)}, {self.int(0)}, NULL))",
            lambda: f"({self.text(n)} {self.pick(['LIKE', 'ILIKE', 'NOT LIKE'])} {self.pick(['%a%', 'a_c', '%', 'H%', '_%o'])!r})",
            lambda: f"({self.text(n)} {self.pick(['~', '~*', '!~'])} {self.pick(['^a', '[0-9]+', 'l*o', 'b|c'])!r})",
            lambda: f"starts_with({self.text(n)}, {self.text(0)})",
            lambda: f"({self.bool(n)} IS {self.pick(['', 'NOT '])}{self.pick(['TRUE', 'FALSE', 'UNKNOWN'])})",
        ])

    def date(self, levels):
        if levels <= 0:
            return self.pick(DATES)
        n = levels - 1
        return self.pick(self.shared(self.date, n) + [
            lambda: f"({self.date(n)} {self.pick(['+', '-'])} {self.pick(['1', '30', 'a::integer', '365'])})",
            lambda: f"({self.time(n)})::date",
        ])

    def time(self, levels):
        if levels <= 0:
            return self.pick(TIMES)
        n = levels - 1
        return self.pick(self.shared(self.time, n) + [
            lambda: f"({self.time(n)} {self.pick(['+', '-'])} {self.interval(n)})",
            lambda: f"({self.date(n)})::timestamptz",
            lambda: f"date_trunc({self.pick(UNITS)!r}, {self.time(n)})",
            lambda: f"date_trunc({self.pick(UNITS)!r}, {self.time(n)}, {self.pick(ZONES)!r})",
            lambda: f"(({self.time(n)} AT TIME ZONE {self.pick(ZONES)!r}) AT TIME ZONE {self.pick(ZONES)!r})",
        ])

    def interval(self, levels):
        if levels <= 0:
            return self.pick(INTERVALS)
        n = levels - 1
        return self.pick([
            lambda: f"({self.interval(n)} {self.pick(['+', '-'])} {self.interval(n)})",
            lambda: f"({self.interval(n)} {self.pick(['* 2', '* 0.5', '* -1', '/ 4'])})",
            lambda: f"({self.time(n)} - {self.time(n)})", lambda: f"(- {self.interval(n)})",
        ])


def generated(count, seed=20240523):
    generator = Generator(seed)
    found = dict.fromkeys(BY_HAND)
    while len(found) < len(set(BY_HAND)) + count:
        found[generator.one()] = None
    return list(found)


# Expressions whose answers differ on purpose, with the name of the difference.
DIFFERENT = {
    "right(s, i)": "counts",
    r"regexp_replace(s, '(\w)(\w)', '\2\1')": "re2",
    "encode(sha256(s::bytea), 'hex')": "text-binary",
    "to_timestamp(f)": "iso-times",
}
