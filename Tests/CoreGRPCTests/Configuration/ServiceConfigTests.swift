import CoreGRPC
import Testing

@Suite("The JSON of service configs")
struct ServiceConfigTests {
  private let policy = RetryPolicy(
    maxAttempts: 4,
    initialBackoff: .milliseconds(50),
    maxBackoff: .seconds(2),
    backoffMultiplier: 1.5,
    retryableStatusCodes: [.unavailable, .aborted]
  )

  @Test("Every field has its place")
  func everything() throws {
    let config = try ServiceConfig(
      methodConfig: [
        MethodConfig(
          names: [.service("a.B"), .method(MethodDescriptor(fullyQualifiedService: "a.C", method: "D"))],
          timeout: .nanoseconds(1_000_000_007),
          waitForReady: false,
          maxRequestMessageBytes: 0,
          maxResponseMessageBytes: 7,
          retryPolicy: policy
        ),
        MethodConfig(names: [.all], waitForReady: true),
      ],
      loadBalancingConfig: [.custom("x_y", json: #"{"k":[1]}"#), .roundRobin, .pickFirst],
      retryThrottling: RetryThrottling(maxTokens: 10, tokenRatio: 0.1),
      healthCheckConfig: HealthCheckConfig(serviceName: "a\"\\\n\u{1F}é")
    )
    let expected = [
      #"{"methodConfig":[{"name":[{"service":"a.B"},{"service":"a.C","method":"D"}],"#,
      #""timeout":"1.000000007s","waitForReady":false,"maxRequestMessageBytes":0,"maxResponseMessageBytes":7,"#,
      #""retryPolicy":{"maxAttempts":4,"initialBackoff":"0.050000000s","maxBackoff":"2.000000000s","#,
      #""backoffMultiplier":1.5,"retryableStatusCodes":["ABORTED","UNAVAILABLE"]}},"#,
      #"{"name":[{}],"waitForReady":true}],"#,
      #""loadBalancingConfig":[{"x_y":{"k":[1]}},{"round_robin":{}},{"pick_first":{}}],"#,
      #""retryThrottling":{"maxTokens":10,"tokenRatio":0.100},"#,
      #""healthCheckConfig":{"serviceName":"a\"\\\u000a\u001fé"}}"#,
    ]
    #expect(config.json == expected.joined())
  }

  @Test("An empty config is an empty object")
  func empty() throws {
    #expect(try ServiceConfig().json == "{}")
  }

  @Test("Ratios are written in thousandths", arguments: [(0.001, "0.001"), (2.0129, "2.012"), (1000, "1000.000")])
  func ratio(ratio: Double, text: String) throws {
    let config = try ServiceConfig(retryThrottling: RetryThrottling(maxTokens: 1, tokenRatio: ratio))
    #expect(config.json == #"{"retryThrottling":{"maxTokens":1,"tokenRatio":\#(text)}}"#)
  }

  @Test("What C-core would refuse or ignore is an error that names the field")
  func invalid() throws {
    func changed(_ change: (inout RetryPolicy) -> Void) -> MethodConfig {
      var policy = policy
      change(&policy)
      return MethodConfig(names: [.all], retryPolicy: policy)
    }
    let methods: [(String, MethodConfig)] = [
      ("name", MethodConfig(names: [])),
      ("name[0].service", MethodConfig(names: [.service("")])),
      ("name[1].method", MethodConfig(names: [.all, .method(.init(fullyQualifiedService: "a", method: ""))])),
      ("name[1]", MethodConfig(names: [.all, .all])),
      ("timeout", MethodConfig(names: [.all], timeout: .zero)),
      ("timeout", MethodConfig(names: [.all], timeout: .seconds(400_000_000_000))),
      ("maxRequestMessageBytes", MethodConfig(names: [.all], maxRequestMessageBytes: -1)),
      ("maxResponseMessageBytes", MethodConfig(names: [.all], maxResponseMessageBytes: 1 << 31)),
      ("retryPolicy.maxAttempts", changed { $0.maxAttempts = 1 }),
      ("retryPolicy.initialBackoff", changed { $0.initialBackoff = .zero }),
      ("retryPolicy.maxBackoff", changed { $0.maxBackoff = .seconds(-1) }),
      ("retryPolicy.backoffMultiplier", changed { $0.backoffMultiplier = .nan }),
      ("retryPolicy.retryableStatusCodes", changed { $0.retryableStatusCodes = [] }),
    ]
    for (field, method) in methods {
      let error = try #require(throws: RPCError.self) { try ServiceConfig(methodConfig: [method]) }
      #expect(error.code == .invalidArgument)
      #expect(error.message.hasPrefix("service config: methodConfig[0].\(field) "), "\(error)")
    }
    for (field, throttling) in [("maxTokens", (0, 1.0)), ("maxTokens", (1001, 1)), ("tokenRatio", (1, .nan))] {
      let error = try #require(throws: RPCError.self) {
        try ServiceConfig(retryThrottling: RetryThrottling(maxTokens: throttling.0, tokenRatio: throttling.1))
      }
      #expect(error.message.hasPrefix("service config: retryThrottling.\(field) "), "\(error)")
    }
    let error = try #require(throws: RPCError.self) { try ServiceConfig(loadBalancingConfig: [.custom("")]) }
    #expect(error.message.hasPrefix("service config: loadBalancingConfig[0] "), "\(error)")
  }
}
