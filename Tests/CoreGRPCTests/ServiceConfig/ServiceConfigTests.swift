import CoreGRPC
import Foundation
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
    let config = ServiceConfig(
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
    #expect(try config.json == expected.joined())
    // The text is read as it is written.
    var read = try ServiceConfig(json: config.json)
    #expect(read.methodConfig == config.methodConfig && read.loadBalancingConfig == config.loadBalancingConfig)
    #expect(read.retryThrottling == config.retryThrottling && read.healthCheckConfig == config.healthCheckConfig)
    let same = read.retryThrottling
    read.retryThrottling = same
    #expect(read == config)
  }

  @Test("An empty config is an empty object")
  func empty() throws {
    #expect(try ServiceConfig().json == "{}")
  }

  @Test("Ratios are written in thousandths", arguments: [(0.001, "0.001"), (2.0129, "2.012"), (1000, "1000.000")])
  func ratio(ratio: Double, text: String) throws {
    let config = ServiceConfig(retryThrottling: RetryThrottling(maxTokens: 1, tokenRatio: ratio))
    #expect(try config.json == #"{"retryThrottling":{"maxTokens":1,"tokenRatio":\#(text)}}"#)
  }

  @Test("A value that C-core would refuse or ignore is an error that names the field")
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
      let error = try #require(throws: RuntimeError.self) { try ServiceConfig(methodConfig: [method]).json }
      #expect(error.code == .invalidArgument)
      #expect(error.message.hasPrefix("service config: methodConfig[0].\(field) "), "\(error)")
    }
    for (field, throttling) in [("maxTokens", (0, 1.0)), ("maxTokens", (1001, 1)), ("tokenRatio", (1, .nan))] {
      let error = try #require(throws: RuntimeError.self) {
        try ServiceConfig(retryThrottling: RetryThrottling(maxTokens: throttling.0, tokenRatio: throttling.1)).json
      }
      #expect(error.message.hasPrefix("service config: retryThrottling.\(field) "), "\(error)")
    }
    let error = try #require(throws: RuntimeError.self) { try ServiceConfig(loadBalancingConfig: [.custom("")]).json }
    #expect(error.message.hasPrefix("service config: loadBalancingConfig[0] "), "\(error)")
  }

  private static let text =
    #"{"methodConfig":[{"name":[{}],"timeout":"1.5s","otherPolicy":{"a":[1,true,null]},"retryPolicy":{"maxAttempts":3,"#
    + #""initialBackoff":"0.1s","maxBackoff":"1s","backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE",10],"x":"y"}}],"#
    + #""z":{"k":-1.5}}"#

  @Test("A config in JSON is read, and changed without losing what has no property")
  func change() throws {
    var config = ServiceConfig(json: Self.text)
    #expect(try config.json == Self.text)
    #expect(config.methodConfig.first?.timeout == .milliseconds(1500))
    #expect(config.methodConfig.first?.retryPolicy?.retryableStatusCodes == [.unavailable, .aborted])
    config.methodConfig[0].timeout = nil
    config.methodConfig[0].retryPolicy?.maxAttempts = 4
    config.loadBalancingConfig = [.roundRobin]
    let expected = [
      #"{"methodConfig":[{"name":[{}],"retryPolicy":{"maxAttempts":4,"initialBackoff":"0.100000000s","#,
      #""maxBackoff":"1.000000000s","backoffMultiplier":2.0,"retryableStatusCodes":["ABORTED","UNAVAILABLE"],"x":"y"},"#,
      #""otherPolicy":{"a":[1,true,null]}}],"loadBalancingConfig":[{"round_robin":{}}],"z":{"k":-1.5}}"#,
    ]
    #expect(try config.json == expected.joined())
    #expect(config.loadBalancingConfig.first?.policy == "round_robin")
    let name = MethodConfig.Name(service: "a.B", method: "C")
    #expect(name == .method(MethodDescriptor(fullyQualifiedService: "a.B", method: "C")))
    #expect(name.service == "a.B" && name.method == "C" && MethodConfig.Name(service: "") == .all)
    #expect(MethodConfig.Name(service: "a.B") == .service("a.B"))
  }

  @Test("A config is decoded and encoded by Codable")
  func codable() throws {
    let config = try JSONDecoder().decode(ServiceConfig.self, from: Data(Self.text.utf8))
    #expect(config.methodConfig == ServiceConfig(json: Self.text).methodConfig)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let again = try JSONDecoder().decode(ServiceConfig.self, from: encoder.encode(config))
    #expect(again == config && again.methodConfig.first?.retryPolicy?.maxAttempts == 3)
    let fromText = try JSONDecoder().decode(ServiceConfig.self, from: encoder.encode(ServiceConfig(json: Self.text)))
    #expect(fromText == config)
    for wrong in ["[]", #"{"methodConfig":{}}"#, #"{"methodConfig":[{"timeout":1}]}"#, #"{"retryThrottling":1}"#] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(ServiceConfig.self, from: Data(wrong.utf8)) }
    }
    let invalid = ServiceConfig(methodConfig: [MethodConfig(names: [])])
    #expect(throws: RuntimeError.self) { try encoder.encode(invalid) }
  }

  @Test("A channel with a config that is not valid is not created")
  func invalidChannel() throws {
    var configuration = Channel.Configuration()
    configuration.serviceConfig = ServiceConfig(methodConfig: [MethodConfig(names: [])])
    let error = #expect(throws: RuntimeError.self) { try Channel(target: "host:1", configuration: configuration) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.hasPrefix("service config: methodConfig[0].name ") == true)
    #expect(throws: RuntimeError.self) { try Server(services: []).makeInProcessChannel(configuration: configuration) }
  }
}
