import ProtobufCWellKnownTypes

extension ErrorDetails: CustomStringConvertible {
  /// The detail's type and contents in one line.
  ///
  /// The contents may be secret. Of a packed message it has the type and the size alone.
  public var description: String {
    switch kind {
    case .errorInfo(let info): info.description
    case .retryInfo(let info): info.description
    case .debugInfo(let info): info.description
    case .quotaFailure(let info): info.description
    case .preconditionFailure(let info): info.description
    case .badRequest(let info): info.description
    case .requestInfo(let info): info.description
    case .resourceInfo(let info): info.description
    case .help(let info): info.description
    case .localizedMessage(let info): info.description
    case .any(let any): "Any(typeURL: \(any.typeURL.debugDescription), \(any.value.count) bytes)"
    }
  }

  /// The name of the detail's type, without its package if it is one of Google's ten.
  var typeName: String {
    switch kind {
    case .errorInfo: "ErrorInfo"
    case .retryInfo: "RetryInfo"
    case .debugInfo: "DebugInfo"
    case .quotaFailure: "QuotaFailure"
    case .preconditionFailure: "PreconditionFailure"
    case .badRequest: "BadRequest"
    case .requestInfo: "RequestInfo"
    case .resourceInfo: "ResourceInfo"
    case .help: "Help"
    case .localizedMessage: "LocalizedMessage"
    case .any(let any): any.typeURL.debugDescription
    }
  }
}

extension ErrorDetails.ErrorInfo: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line("ErrorInfo", labeled("reason", reason), labeled("domain", domain), labeled("metadata", metadata))
  }
}

extension ErrorDetails.RetryInfo: CustomStringConvertible {
  /// The type and its field in one line.
  public var description: String { "RetryInfo(delay: \(delay))" }
}

extension ErrorDetails.DebugInfo: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line("DebugInfo", stack.isEmpty ? nil : "stack: \(stack)", labeled("detail", detail))
  }
}

extension ErrorDetails.QuotaFailure: CustomStringConvertible {
  /// The type and its field in one line.
  public var description: String { "QuotaFailure(violations: \(violations))" }
}

extension ErrorDetails.QuotaFailure.Violation: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line(
      "Violation",
      labeled("subject", subject),
      labeled("violationDescription", violationDescription),
      labeled("apiService", apiService),
      labeled("quotaMetric", quotaMetric),
      labeled("quotaID", quotaID),
      labeled("quotaDimensions", quotaDimensions),
      quotaValue == 0 ? nil : "quotaValue: \(quotaValue)",
      futureQuotaValue.map { "futureQuotaValue: \($0)" }
    )
  }
}

extension ErrorDetails.PreconditionFailure: CustomStringConvertible {
  /// The type and its field in one line.
  public var description: String { "PreconditionFailure(violations: \(violations))" }
}

extension ErrorDetails.PreconditionFailure.Violation: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line(
      "Violation",
      labeled("type", type),
      labeled("subject", subject),
      labeled("violationDescription", violationDescription)
    )
  }
}

extension ErrorDetails.BadRequest: CustomStringConvertible {
  /// The type and its field in one line.
  public var description: String { "BadRequest(violations: \(violations))" }
}

extension ErrorDetails.BadRequest.FieldViolation: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line(
      "FieldViolation",
      labeled("field", field),
      labeled("violationDescription", violationDescription),
      labeled("reason", reason),
      localizedMessage.map { "localizedMessage: \($0)" }
    )
  }
}

extension ErrorDetails.RequestInfo: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line("RequestInfo", labeled("requestID", requestID), labeled("servingData", servingData))
  }
}

extension ErrorDetails.ResourceInfo: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line(
      "ResourceInfo",
      labeled("type", type),
      labeled("name", name),
      labeled("errorDescription", errorDescription),
      labeled("owner", owner)
    )
  }
}

extension ErrorDetails.Help: CustomStringConvertible {
  /// The type and its field in one line.
  public var description: String { "Help(links: \(links))" }
}

extension ErrorDetails.Help.Link: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line("Link", labeled("url", url), labeled("linkDescription", linkDescription))
  }
}

extension ErrorDetails.LocalizedMessage: CustomStringConvertible {
  /// The type and its fields in one line.
  public var description: String {
    line("LocalizedMessage", labeled("locale", locale), labeled("message", message))
  }
}

/// Returns a type's name with those of its fields that are not `nil`.
private func line(_ type: String, _ fields: String?...) -> String {
  "\(type)(\(fields.compactMap(\.self).joined(separator: ", ")))"
}

/// Returns a field with a text that stays in its line, or `nil` if the text is empty.
private func labeled(_ name: String, _ text: String) -> String? {
  text.isEmpty ? nil : "\(name): \(text.debugDescription)"
}

/// Returns a field with a map, in the order of its keys, or `nil` if the map is empty.
private func labeled(_ name: String, _ map: [String: String]) -> String? {
  guard !map.isEmpty else { return nil }
  let entries = map.sorted { $0.key < $1.key }.map { "\($0.key.debugDescription): \($0.value.debugDescription)" }
  return "\(name): [\(entries.joined(separator: ", "))]"
}
