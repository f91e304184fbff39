import CoreGRPCProtobuf

extension ErrorDetails {
  /// Google's ten details, with all of their fields.
  static let samples: [ErrorDetails] = [
    .errorInfo(reason: "REASON", domain: "domain.example", metadata: ["k": "v", "ü": "", "": "x\0y"]),
    .retryInfo(delay: .milliseconds(1500)),
    .debugInfo(stack: ["a", "", "b"], detail: "世界"),
    .quotaFailure(violations: [
      .init(
        subject: "s",
        description: "d",
        apiService: "api",
        quotaMetric: "metric",
        quotaID: "id",
        quotaDimensions: ["x": "y"],
        quotaValue: .min,
        futureQuotaValue: 0
      ),
      .init(subject: "", description: "only"),
    ]),
    .preconditionFailure(violations: [.init(type: "T", subject: "s", description: "d")]),
    .badRequest(violations: [
      .init(field: "a.b[1]", description: "d", reason: "R", localizedMessage: .init(locale: "de", message: "ü")),
      .init(field: "c", description: ""),
    ]),
    .requestInfo(requestID: "r", servingData: "s"),
    .resourceInfo(type: "t", name: "n", errorDescription: "e", owner: "o"),
    .help(links: [.init(url: "u", description: "d"), .init(url: "", description: "")]),
    .localizedMessage(locale: "fr-CH", message: "m"),
  ]
}
