// `weir test` with each kind of source and sink that needs no server: its transport is replaced, its codec is real.
#include "test_command_fixture.hpp"

namespace weir::test {
namespace {

class TestTransports : public Test {
protected:
    Outcome run(const std::string& nodes, const std::string& steps) {
        folder_.write("pairs.yaml", "name: t\ndead_letters: { file.sink: nowhere/dead.jsonl }\nnodes:\n" + nodes);
        return Test::steps(steps);
    }
};

TEST_F(TestTransports, FileSourceReadsLinesByItsCodec) {
    EXPECT_EQ(run("  raw: { file.source: { path: nowhere/in.jsonl, format: json, record: { id: int64, name: string } } }\n"
                  "  out: { from: raw, console: json }\n",
                  R"(      - send: { raw: ['{"id":1,"name":"a"}', '{"id":"x"}', { id: 2, name: b }] }
      - expect:
          out: ['{"id":1,"name":"a"}', '{"id":2,"name":"b"}']
          dead_letters: [{ node: raw, code: decode, field: id, topic: nowhere/in.jsonl, value: '{"id":"x"}' }]
)")
                  .out,
              good());
}

TEST_F(TestTransports, FileSourceTakesTheFirstLineForTheHeader) {
    EXPECT_EQ(run("  raw: { file.source: { path: \"nowhere/*.csv\", format: { csv: { header: true } }, record: { id: int64, name: string } } }\n"
                  "  out: { from: raw, console: json }\n",
                  R"(      - send: { raw: ["name,id", "a,1", "b,x", { id: 2, name: b }] }
      - crash_and_restore: before_commit
      - send: { raw: ["c,3", { payload: "id,name", partition: 1 }, { payload: "4,d", partition: 1 }] }
      - expect:
          out: { contains: ['{"id":1,"name":"a"}', '{"id":2,"name":"b"}', '{"id":3,"name":"c"}', '{"id":4,"name":"d"}'] }
          dead_letters: { contains: [{ node: raw, code: decode, field: id, value: "b,x" }] }
)")
                  .out,
              good());
}

TEST_F(TestTransports, FileSourceGivesPathAndOffset) {
    EXPECT_EQ(run("  raw: { file.source: { path: nowhere/a.log, follow: true, metadata: [path, offset] } }\n"
                  "  later: { from: raw, where: _offset > 0 }\n"
                  "  out: { from: later, console: json }\n",
                  R"(      - send: { raw: [one, two] }
      - expect: { out: ['{"value":"two","path":"nowhere/a.log","offset":1}'] }
)")
                  .out,
              good());
}

TEST_F(TestTransports, FileSinkWritesLinesByItsCodec) {
    EXPECT_EQ(run("  raw: { file.source: { path: nowhere/in.jsonl, format: json, record: { id: int64, name: string } } }\n"
                  "  json: { from: raw, file.sink: nowhere/out.jsonl }\n"
                  "  csv: { from: raw, file.sink: { path: nowhere/out.csv, format: { csv: { header: true } } } }\n"
                  "  text: { from: raw, file.sink: { path: nowhere/out.txt, format: { template: \"{id}: {name}\" } } }\n",
                  R"(      - send: { raw: [{ id: 1, name: "a,b" }, { id: 2, name: c }] }
      - expect:
          json: ['{"id":1,"name":"a,b"}', '{"id":2,"name":"c"}']
          csv: ['1,"a,b"', "2,c"]
          text: ["1: a,b", "2: c"]
)")
                  .out,
              good());
}

TEST_F(TestTransports, FileSinkKeepsExactlyOnceOverACrash) {
    EXPECT_EQ(run("  raw: { file.source: { path: nowhere/in.txt } }\n"
                  "  out: { from: raw, file.sink: { path: nowhere/out.txt, format: text } }\ndelivery: exactly_once\n",
                  R"(      - send: { raw: [one] }
      - crash_and_restore: before_commit
      - send: { raw: [two] }
      - expect: { out: [one, two] }
)")
                  .out,
              good());
}

TEST_F(TestTransports, HttpSourceReadsWhatIsPosted) {
    EXPECT_EQ(run("  posted: { http.source: { port: 8080, path: /events, record: { n: int64 } } }\n"
                  "  out: { from: posted, console: json }\n",
                  R"(      - send: { posted: ['{"n":1}', 'no JSON', { n: 2 }] }
      - expect:
          out: ['{"n":1}', '{"n":2}']
          dead_letters: [{ node: posted, code: decode, value: no JSON }]
)")
                  .out,
              good());
}

TEST_F(TestTransports, LookupTableReadsItsFile) {
    folder_.write("countries.csv", "code,name\nde,Germany\n");
    EXPECT_EQ(run("  raw: { http.source: { port: 0, path: /, record: { code: string } } }\n"
                  "  named: { from: raw, lookup_table: { path: countries.csv, record: { code: string, name: string }, key: code, missing: error } }\n"
                  "  out: { from: named, console: json }\n",
                  R"(      - send: { raw: [{ code: de }, { code: xx }] }
      - expect:
          out: ['{"code":"de","name":"Germany"}']
          dead_letters: [{ node: named, code: missing, field: code }]
)")
                  .out,
              good());
}

}  // namespace
}  // namespace weir::test
