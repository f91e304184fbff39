import CommandLineSupport
import CoreGRPC

/// The form in which a client prints results and errors.
enum ClientOutput {
  /// Results on standard output, errors on standard error.
  case text
  /// An object on a line for each. Those of calls are on standard output, in the order of the texts.
  case json

  /// Prints an answer.
  func printAnswer(_ answer: String, to text: String) throws(StandardOutput.Failure) {
    switch self {
    case .text: try StandardOutput.printLine("received: \(answer)")
    case .json: try printObject([("text", JSONText.quoted(text)), ("received", JSONText.quoted(answer))])
    }
  }

  /// Prints the error of a call.
  func printError(_ error: RPCError, of text: String) throws(StandardOutput.Failure) {
    switch self {
    case .text: StandardError.printLine("error: \(error)")
    case .json: try printObject([("text", JSONText.quoted(text)), ("error", Self.object(for: error))])
    }
  }

  /// Prints the error that ends the program.
  func printLastError(_ error: any Error) {
    switch self {
    case .text: StandardError.printLine("error: \(error)")
    case .json: StandardError.printLine(JSONText.object([("error", Self.object(for: error))]))
    }
  }

  /// Prints the status of a service.
  func printStatus(_ status: String, of service: String) throws(StandardOutput.Failure) {
    switch self {
    case .text: try StandardOutput.printLine(status)
    case .json: try printObject([("service", JSONText.quoted(service)), ("status", JSONText.quoted(status))])
    }
  }

  /// Prints what became of many calls.
  func printReport(_ report: CallReport, texts: [String]) throws(StandardOutput.Failure) {
    for (text, answer) in zip(texts, report.answers(count: texts.count)) {
      if let answer { try printAnswer(answer, to: text) }
    }
    switch self {
    case .text:
      for line in report.summary { try StandardOutput.printLine(line) }
      for line in report.failures { StandardError.printLine("error: \(line)") }
    case .json:
      let errors = report.errorsByCount.map { count, error in
        JSONText.object([("count", "\(count)"), ("error", Self.object(for: error))])
      }
      var members = [
        ("calls", "\(report.succeeded + report.failed)"), ("succeeded", "\(report.succeeded)"),
        ("failed", "\(report.failed)"), ("seconds", "\(report.seconds)"),
        ("errors", "[\(errors.joined(separator: ","))]"),
      ]
      if report.succeeded > 0 {
        let latencies = report.latenciesInMilliseconds.map { ($0.name, "\($0.value)") }
        members.append(("latencyMilliseconds", JSONText.object(latencies)))
      }
      try printObject(members)
      for text in report.conflicts.sorted() {
        let error = JSONText.object([("message", JSONText.quoted("the answers to this text differ"))])
        try printObject([("text", JSONText.quoted(texts[text])), ("error", error)])
      }
    }
  }

  private func printObject(_ members: [(key: String, value: String)]) throws(StandardOutput.Failure) {
    try StandardOutput.printLine(JSONText.object(members))
  }

  private static func object(for error: any Error) -> String {
    switch error {
    case let error as RPCError:
      JSONText.object([("code", JSONText.quoted("\(error.code)")), ("message", JSONText.quoted(error.message))])
    default:
      JSONText.object([("message", JSONText.quoted("\(error)"))])
    }
  }
}
