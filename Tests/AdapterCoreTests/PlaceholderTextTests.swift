import AdapterCore
import Testing

private struct Case: CustomTestStringConvertible {
  var input: String
  var output: String
  var slots: [ParameterSlot]
  var testDescription: String { input }

  init(_ input: String, _ output: String, _ slots: ParameterSlot...) {
    self.input = input
    self.output = output
    self.slots = slots
  }
}

private let postgresCases = [
  Case("select 1", "select 1"),
  Case("select :a", "select $1", .named("a")),
  Case("select :a + :b, :a", "select $1 + $2, $1", .named("a"), .named("b")),
  Case("select ? + ?", "select $1 + $2", .numbered(1), .numbered(2)),
  Case("select $2, $1, $2", "select $1, $2, $1", .numbered(2), .numbered(1)),
  Case("select ?2, ?", "select $1, $2", .numbered(2), .numbered(3)),
  Case("select '2'::int, :a::int", "select '2'::int, $1::int", .named("a")),
  Case(
    "select ':a', \":b\", $$:c ?$$ -- :d ?\n/* :e */",
    "select ':a', \":b\", $$:c ?$$ -- :d ?\n/* :e */"),
  Case("select E'\\':a'", "select E'\\':a'"),
  Case("select data ? 'key' from t", "select data ? 'key' from t"),
  Case("select (data) ? :k", "select (data) ? $1", .named("k")),
  Case("select first ? 'key'", "select first ? 'key'"),
  Case(
    "select data ?| array['a'], data ?& :x", "select data ?| array['a'], data ?& $1", .named("x")),
  Case(
    "select t.data ? k where a = ? limit ?",
    "select t.data ? k where a = $1 limit $2", .numbered(1), .numbered(2)),
  Case("select data ?? ?", "select data ? $1", .numbered(1)),
  Case("select a[1:n], b[i:n], c[:m]", "select a[1:n], b[i:n], c[$1]", .named("m")),
  Case("f(a := :b)", "f(a := $1)", .named("b")),
  Case("f(a:=:b)", "f(a:=$1)", .named("b")),
  Case(
    "x like ? and y between ? and ? and z in (?,?)",
    "x like $1 and y between $2 and $3 and z in ($4,$5)", .numbered(1), .numbered(2),
    .numbered(3), .numbered(4), .numbered(5)),
  Case("select now() at time zone ?", "select now() at time zone $1", .numbered(1)),
  Case("select count(*) from t where é = :é", "select count(*) from t where é = $1", .named("é")),
  Case(
    "create or replace function f(int) begin atomic select $1; end",
    "create or replace function f(int) begin atomic select $1; end"),
  Case("create table t as select :a", "create table t as select $1", .named("a")),
  Case("select 1 limit:n", "select 1 limit $1", .named("n")),
  Case("a between ?and ?", "a between $1 and $2", .numbered(1), .numbered(2)),
  Case("select 5 % :n", "select 5 % $1", .named("n")),
]

private let mySQLCases = [
  Case("select :a, :b, :a", "select ?, ?, ?", .named("a"), .named("b")),
  Case("select $1, ?", "select ?, ?", .numbered(1), .numbered(2)),
  Case("select a$1, `:b`, \":c\", 'it\\'s :d' # :e", "select a$1, `:b`, \":c\", 'it\\'s :d' # :e"),
  Case("set @a := :b", "set @a := ?", .named("b")),
  Case(
    "create procedure p() outer:loop leave outer; end loop",
    "create procedure p() outer:loop leave outer; end loop"),
  Case("select x ? 'y'", "select x ? 'y'", .numbered(1)),
  Case("select /*! :a */ 1", "select /*! ? */ 1", .named("a")),
]

@Suite struct PlaceholderTextTests {
  @Test(arguments: postgresCases)
  fileprivate func rewritesToDollars(_ sample: Case) {
    let text = PlaceholderText(sample.input, dialect: .postgresql, style: .dollar)
    #expect(text.text == sample.output)
    #expect(text.slots == sample.slots)
  }

  @Test(arguments: mySQLCases)
  fileprivate func rewritesToQuestionMarks(_ sample: Case) {
    let text = PlaceholderText(sample.input, dialect: .mysql, style: .question)
    #expect(text.text == sample.output)
    #expect(text.slots == sample.slots)
  }

  @Test func everyOccurrenceNamesItsSlot() {
    let text = PlaceholderText("select :b, :a, :b", dialect: .mysql, style: .question)
    #expect(text.occurrences == [0, 1, 0])
  }

  @Test func placesAreThoseOfTheOriginal() {
    let original = "select :long_name, :x from nowhere where data ?? 'k' and bad"
    let text = PlaceholderText(original, dialect: .postgresql, style: .dollar)
    for word in ["select", "from", "nowhere", "bad"] {
      let offset = { (text: String) in text.utf8.count - text.bytes(from: word) }
      #expect(text.originalOffset(ofByte: offset(text.text)) == offset(original))
    }
  }
}

extension String {
  /// The bytes from the first `word` on.
  fileprivate func bytes(from word: String) -> Int {
    var rest = self[...]
    while !rest.hasPrefix(word) && !rest.isEmpty { rest.removeFirst() }
    return rest.utf8.count
  }
}
