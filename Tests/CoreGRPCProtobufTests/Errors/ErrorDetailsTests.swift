import CoreGRPC
import CoreGRPCProtobuf
import ProtobufC
import ProtobufCWellKnownTypes
import Testing

@Suite("An error detail")
struct ErrorDetailsTests {
  @Test("Each has what it was made of")
  func fields() throws {
    let samples = ErrorDetails.samples
    let info = try #require(samples[0].errorInfo)
    #expect((info.reason, info.domain) == ("REASON", "domain.example"))
    #expect(info.metadata == ["k": "v", "ü": "", "": "x\0y"])
    #expect(samples[1].retryInfo?.delay == .milliseconds(1500))
    let debug = try #require(samples[2].debugInfo)
    #expect(debug.stack == ["a", "", "b"])
    #expect(debug.detail == "世界")
    let quotas = try #require(samples[3].quotaFailure?.violations)
    #expect(quotas.map(\.subject) == ["s", ""])
    #expect(quotas.map(\.violationDescription) == ["d", "only"])
    #expect(quotas.map(\.apiService) == ["api", ""])
    #expect(quotas.map(\.quotaMetric) == ["metric", ""])
    #expect(quotas.map(\.quotaID) == ["id", ""])
    #expect(quotas.map(\.quotaDimensions) == [["x": "y"], [:]])
    #expect(quotas.map(\.quotaValue) == [.min, 0])
    #expect(quotas.map(\.futureQuotaValue) == [0, nil])
    let precondition = try #require(samples[4].preconditionFailure?.violations.first)
    #expect((precondition.type, precondition.subject, precondition.violationDescription) == ("T", "s", "d"))
    let violations = try #require(samples[5].badRequest?.violations)
    #expect(violations.map(\.field) == ["a.b[1]", "c"])
    #expect(violations.map(\.violationDescription) == ["d", ""])
    #expect(violations.map(\.reason) == ["R", ""])
    #expect(violations.map(\.localizedMessage) == [.init(locale: "de", message: "ü"), nil])
    let request = try #require(samples[6].requestInfo)
    #expect((request.requestID, request.servingData) == ("r", "s"))
    let resource = try #require(samples[7].resourceInfo)
    #expect((resource.type, resource.name) == ("t", "n"))
    #expect((resource.errorDescription, resource.owner) == ("e", "o"))
    let links = try #require(samples[8].help?.links)
    #expect(links.map(\.url) == ["u", ""])
    #expect(links.map(\.linkDescription) == ["d", ""])
    let message = try #require(samples[9].localizedMessage)
    #expect((message.locale, message.message) == ("fr-CH", "m"))
  }

  @Test("Each is of one kind only")
  func kinds() {
    let packed = ErrorDetails.any(packing: Google_Protobuf_Duration(seconds: 1))
    for (index, detail) in (ErrorDetails.samples + [packed]).enumerated() {
      let isKind = [
        detail.errorInfo != nil, detail.retryInfo != nil, detail.debugInfo != nil, detail.quotaFailure != nil,
        detail.preconditionFailure != nil, detail.badRequest != nil, detail.requestInfo != nil,
        detail.resourceInfo != nil, detail.help != nil, detail.localizedMessage != nil, detail.any != nil,
      ]
      #expect(isKind.indices.filter { isKind[$0] } == [index])
    }
  }

  @Test("Each can be changed, and one that is changed to be as another equals it")
  func changes() throws {
    var info = ErrorDetails.ErrorInfo(reason: "", domain: "")
    info.reason = "R"
    info.domain = "d"
    info.metadata["k"] = "v"
    #expect(info == .init(reason: "R", domain: "d", metadata: ["k": "v"]))

    var retry = ErrorDetails.RetryInfo(delay: .zero)
    retry.delay = .seconds(1)
    #expect(retry == .init(delay: .seconds(1)))

    var debug = ErrorDetails.DebugInfo(stack: [], detail: "")
    debug.stack.append("a")
    debug.detail = "d"
    #expect(debug == .init(stack: ["a"], detail: "d"))

    var quota = ErrorDetails.QuotaFailure(violations: [.init(subject: "", description: "")])
    quota.violations[0].subject = "s"
    quota.violations[0].violationDescription = "d"
    quota.violations[0].apiService = "api"
    quota.violations[0].quotaMetric = "metric"
    quota.violations[0].quotaID = "id"
    quota.violations[0].quotaDimensions["x"] = "y"
    quota.violations[0].quotaValue = .min
    quota.violations[0].futureQuotaValue = 0
    quota.violations.append(.init(subject: "", description: "only"))
    #expect(.quotaFailure(quota) == ErrorDetails.samples[3])

    var precondition = ErrorDetails.PreconditionFailure(violations: [.init(type: "", subject: "", description: "")])
    precondition.violations[0].type = "T"
    precondition.violations[0].subject = "s"
    precondition.violations[0].violationDescription = "d"
    #expect(.preconditionFailure(precondition) == ErrorDetails.samples[4])

    var request = ErrorDetails.BadRequest(violations: [
      .init(field: "", description: ""), .init(field: "c", description: ""),
    ])
    request.violations[0].field = "a.b[1]"
    request.violations[0].violationDescription = "d"
    request.violations[0].reason = "R"
    request.violations[0].localizedMessage = .init(locale: "de", message: "")
    request.violations[0].localizedMessage?.message = "ü"
    #expect(.badRequest(request) == ErrorDetails.samples[5])

    var identity = ErrorDetails.RequestInfo(requestID: "", servingData: "")
    identity.requestID = "r"
    identity.servingData = "s"
    #expect(.requestInfo(identity) == ErrorDetails.samples[6])

    var resource = ErrorDetails.ResourceInfo(type: "", name: "", errorDescription: "")
    resource.type = "t"
    resource.name = "n"
    resource.errorDescription = "e"
    resource.owner = "o"
    #expect(.resourceInfo(resource) == ErrorDetails.samples[7])

    var help = ErrorDetails.Help(links: [.init(url: "", description: ""), .init(url: "", description: "")])
    help.links[0].url = "u"
    help.links[0].linkDescription = "d"
    #expect(.help(help) == ErrorDetails.samples[8])

    var message = ErrorDetails.LocalizedMessage(locale: "fr-CH", message: "")
    message.message = "m"
    #expect(.localizedMessage(message) == ErrorDetails.samples[9])
  }

  @Test("A delay is kept to the nanosecond, and what protobuf cannot hold is cut")
  func delays() {
    let longest = Duration.seconds(315_576_000_001) - .nanoseconds(1)
    let furthest = Duration.seconds(Int64.max) * 18
    let cases: [(delay: Duration, kept: Duration)] = [
      (.zero, .zero), (.nanoseconds(1), .nanoseconds(1)), (.nanoseconds(-1), .nanoseconds(-1)),
      (.seconds(1) + .nanoseconds(999_999_999), .seconds(1) + .nanoseconds(999_999_999)),
      (.seconds(-1) - .nanoseconds(999_999_999), .seconds(-1) - .nanoseconds(999_999_999)),
      (Duration(secondsComponent: 1, attosecondsComponent: 400_000_000), .seconds(1)),
      (longest, longest), (.zero - longest, .zero - longest), (longest + .nanoseconds(1), longest),
      (.seconds(Int64.max), longest), (.seconds(Int64.min), .zero - longest),
      (furthest, longest), (.zero - furthest, .zero - longest),
    ]
    for (delay, kept) in cases {
      var info = ErrorDetails.RetryInfo(delay: delay)
      #expect(info.delay == kept)
      info.delay = .zero
      info.delay = delay
      #expect(info.delay == kept)
      let status = GoogleRPCStatus(code: .unavailable, message: "", details: .retryInfo(delay: delay))
      let received = try? GoogleRPCStatus(serializedBytes: status.serializedBytes())
      #expect(received?.details.first?.retryInfo?.delay == kept)
    }
  }

  @Test(
    "A delay that a peer may send is read without harm",
    arguments: [
      (.max, .max, .seconds(315_576_000_001) - .nanoseconds(1)),
      (.min, .min, .nanoseconds(1) - .seconds(315_576_000_001)),
      (1, -1, .nanoseconds(999_999_999)), (-1, .max, .nanoseconds(1_147_483_647)),
      (315_576_000_000, 1_000_000_000, .seconds(315_576_000_001) - .nanoseconds(1)),
    ] as [(Int64, Int32, Duration)]
  )
  func hostileDelays(seconds: Int64, nanos: Int32, delay: Duration) throws {
    let duration = Google_Protobuf_Duration(seconds: seconds, nanos: nanos).serializedBytes()
    let any = Google_Protobuf_Any(
      typeURL: "type.googleapis.com/google.rpc.RetryInfo",
      value: [0x0A, UInt8(duration.count)] + duration
    )
    let status = GoogleRPCStatus(code: .unavailable, message: "", details: .any(any))
    let received = try GoogleRPCStatus(serializedBytes: status.serializedBytes())
    #expect(received.details.first?.retryInfo?.delay == delay)
  }

  @Test("A message without a delay means none")
  func noDelay() throws {
    let any = Google_Protobuf_Any(typeURL: "type.googleapis.com/google.rpc.RetryInfo")
    let status = GoogleRPCStatus(code: .unavailable, message: "", details: .any(any))
    let received = try GoogleRPCStatus(serializedBytes: status.serializedBytes())
    #expect(received.details.first?.retryInfo?.delay == .zero)
  }

  @Test("Its description is one line, whatever a peer sends")
  func descriptions() {
    let expected = [
      #"ErrorInfo(reason: "REASON", domain: "domain.example", metadata: ["": "x\0y", "k": "v", "ü": ""])"#,
      "RetryInfo(delay: 1.5 seconds)",
      #"DebugInfo(stack: ["a", "", "b"], detail: "世界")"#,
      "QuotaFailure(violations: ["
        + #"Violation(subject: "s", violationDescription: "d", apiService: "api", quotaMetric: "metric", "#
        + #"quotaID: "id", quotaDimensions: ["x": "y"], quotaValue: -9223372036854775808, futureQuotaValue: 0), "#
        + #"Violation(violationDescription: "only")])"#,
      #"PreconditionFailure(violations: [Violation(type: "T", subject: "s", violationDescription: "d")])"#,
      #"BadRequest(violations: [FieldViolation(field: "a.b[1]", violationDescription: "d", reason: "R", "#
        + #"localizedMessage: LocalizedMessage(locale: "de", message: "ü")), FieldViolation(field: "c")])"#,
      #"RequestInfo(requestID: "r", servingData: "s")"#,
      #"ResourceInfo(type: "t", name: "n", errorDescription: "e", owner: "o")"#,
      #"Help(links: [Link(url: "u", linkDescription: "d"), Link()])"#,
      #"LocalizedMessage(locale: "fr-CH", message: "m")"#,
    ]
    #expect(ErrorDetails.samples.map(\.description) == expected)
    let packed = ErrorDetails.any(Google_Protobuf_Any(typeURL: "a\nb", value: [1, 2, 3]))
    #expect("\(packed)" == #"Any(typeURL: "a\nb", 3 bytes)"#)
    #expect(!"\(ErrorDetails.debugInfo(stack: ["a\nb"], detail: "c\nd"))".contains("\n"))
  }
}
