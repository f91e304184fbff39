import Testing

@testable import CoreGRPC

@Suite("Reading JSON")
struct JSONReaderTests {
  @Test(
    "JSON is read and written alike",
    arguments: [
      ("0", "0"), ("-0.5e+3", "-0.5e+3"), (" [ ] ", "[]"), ("{ }", "{}"), ("[[[1,2],{}]]", "[[[1,2],{}]]"),
      ("null", "null"),
      (" true", "true"), (#"{"a":false, "b" : ["c"]}"#, #"{"a":false,"b":["c"]}"#), (#""\"\\\/\u0041""#, #""\"\\/A""#),
      (#""\u00fc\ud83d\ude00ü😀""#, #""ü😀ü😀""#),
    ]
  )
  func valid(text: String, written: String) {
    #expect(JSONReader.value(of: text)?.description == written)
  }

  @Test(
    "Text that is not JSON is refused",
    arguments: [
      "", "nul", "01", "1.", "-", "+1", "1e", ".5", "\"", "\"\u{1}\"", #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#,
      #""\x""#,
      #""\u12""#, "[1,]", "[1 2]", #"{"a":1,}"#, #"{"a"}"#, "{1:2}", "[1] x", "[",
      String(repeating: "[", count: 100_000),
    ]
  )
  func invalid(text: String) {
    #expect(JSONReader.value(of: text) == nil)
  }

  @Test("Timeouts are taken out of a config, and the rest stays as it is")
  func timeouts() {
    let config = ServiceConfig(
      json: #"""
        {"methodConfig":[{"name":[{}],"timeout":"1.5s"},{"name":[{"service":"a.B"}],"waitForReady":true},
        {"name":[{"service":"a.B","method":"C"},{"service":"d"}],"timeout":"0.000000001s"}],"x":[null,1e2]}
        """#
    )
    let rest = #"{"name":[{"service":"a.B","method":"C"},{"service":"d"}]}"#
    #expect(
      config.jsonForCore
        == #"{"methodConfig":[{"name":[{}]},{"name":[{"service":"a.B"}],"waitForReady":true},\#(rest)],"x":[null,1e2]}"#
    )
    func timeout(_ service: String, _ method: String) -> Duration? {
      config.timeouts[MethodDescriptor(fullyQualifiedService: service, method: method)]
    }
    #expect(timeout("a.B", "C") == .nanoseconds(1))
    #expect(timeout("a.B", "D") == nil)
    #expect(timeout("d", "D") == .nanoseconds(1))
    #expect(timeout("x", "D") == .milliseconds(1500))
  }

  @Test(
    "A config that C-core is to refuse, or that has no timeouts, is left to it",
    arguments: [
      "{", "[]", "{}", #"{"methodConfig":{}}"#, #"{"methodConfig":[{"name":[{}]}]}"#,
      #"{"methodConfig":[{"name":[{}],"timeout":"1.5"}]}"#, #"{"methodConfig":[{"name":[{}],"timeout":1}]}"#,
      #"{"methodConfig":[{"name":[{}],"timeout":"-1s"}]}"#,
      #"{"methodConfig":[{"name":[{}],"timeout":"1.0000000001s"}]}"#,
      #"{"methodConfig":[{"name":[{"method":"a"}],"timeout":"1s"}]}"#,
      #"{"methodConfig":[{"name":{},"timeout":"1s"}]}"#,
      #"{"methodConfig":[{"name":[{}],"timeout":"1s","timeout":"2s"}]}"#, #"{"methodConfig":[1]}"#,
    ]
  )
  func untouched(json: String) {
    let config = ServiceConfig(json: json)
    #expect((try? config.json) == json && config.jsonForCore == json)
  }
}
