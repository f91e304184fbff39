/// A pattern of a principal, a path or a header's value in an authorization policy.
///
/// It compares bytes, as C-core does: Swift's comparison of strings takes different bytes for equal, and does not find
/// a prefix that a combining character follows.
enum AuthorizationPattern: Sendable, Hashable {
  case exact([UInt8])
  case prefix([UInt8])
  case suffix([UInt8])
  case notEmpty

  init(_ text: String) {
    let bytes = Array(text.utf8)
    let star = UInt8(ascii: "*")
    if bytes == [star] {
      self = .notEmpty
    } else if bytes.first == star {
      self = .suffix(Array(bytes.dropFirst()))
    } else if bytes.last == star {
      self = .prefix(bytes.dropLast())
    } else {
      self = .exact(bytes)
    }
  }

  func matches(_ value: String) -> Bool { matches(value.utf8) }

  func matches(_ value: some BidirectionalCollection<UInt8>) -> Bool {
    switch self {
    case .exact(let text): value.elementsEqual(text)
    case .prefix(let text): value.starts(with: text)
    case .suffix(let text): value.reversed().starts(with: text.reversed())
    case .notEmpty: !value.isEmpty
    }
  }
}
