/// Finds the fields that lead from a message back to the same type of message: in Swift a struct cannot hold itself.
///
/// Only fields that hold one message count. An array and a dictionary hold theirs elsewhere.
struct RecursionAnalysis {
  private var successors: [String: Set<String>] = [:]
  private var components: [String: Int] = [:]

  /// The same for required fields alone.
  private var requirements: [String: Set<String>] = [:]
  private var requiredComponents: [String: Int] = [:]

  mutating func add(_ message: String, fields: [FieldModel]) {
    for field in fields {
      guard case .message(let target) = field.type else { continue }
      if field.shape == .requiredPointer { requirements[message, default: []].insert(target) }
      switch field.shape {
      case .pointer, .requiredPointer, .oneOf: successors[message, default: []].insert(target)
      case .implicit, .implicitOptional, .required, .optional, .repeated, .map: break
      }
    }
  }

  /// Finds the messages that can hold each other, once all are added.
  mutating func finish() {
    var search = ComponentSearch(successors: successors)
    components = search.run()
    search = ComponentSearch(successors: requirements)
    requiredComponents = search.run()
  }

  /// Whether a message requires a message of the type, which in turn requires one of the first, perhaps through others.
  ///
  /// No message of these types can be complete, and no Swift value can hold one: such a field may be left out.
  func isRequiredOfItself(from message: String, to type: ValueType) -> Bool {
    guard case .message(let target) = type, let component = requiredComponents[message] else { return false }
    return requirements[message]?.contains(target) == true && requiredComponents[target] == component
  }

  /// Whether a message can hold a message of the type, which in turn can hold one of the first, perhaps through others.
  func isRecursive(from message: String, to type: ValueType) -> Bool {
    guard case .message(let target) = type, let component = components[message] else { return false }
    return successors[message]?.contains(target) == true && components[target] == component
  }
}

/// Tarjan's search for strongly connected components.
private struct ComponentSearch {
  let successors: [String: Set<String>]
  private var indices: [String: Int] = [:]
  private var lowest: [String: Int] = [:]
  private var stack: [String] = []
  private var components: [String: Int] = [:]

  init(successors: [String: Set<String>]) {
    self.successors = successors
  }

  mutating func run() -> [String: Int] {
    for node in successors.keys where indices[node] == nil { visit(node) }
    return components
  }

  private mutating func visit(_ node: String) {
    let index = indices.count
    indices[node] = index
    var low = index
    stack.append(node)
    for next in successors[node] ?? [] {
      if indices[next] == nil {
        visit(next)
        low = min(low, lowest[next] ?? low)
      } else if components[next] == nil {
        low = min(low, indices[next] ?? low)
      }
    }
    lowest[node] = low
    guard low == index else { return }
    while let member = stack.popLast() {
      components[member] = index
      if member == node { break }
    }
  }
}
