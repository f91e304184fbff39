extension MethodTimeouts {
  /// Takes the timeouts out of a config in JSON.
  ///
  /// - Returns: The timeouts, and the config without them; `nil` if there are none, or if the config has values in the
  ///   place of the timeouts that C-core could not read either: then C-core refuses the config.
  static func taken(from json: String) -> (timeouts: MethodTimeouts, rest: String)? {
    guard
      case .object(let config)? = JSONReader.value(of: json),
      config.members.count(where: { $0.name == "methodConfig" }) == 1,
      case .array(let methods)? = config["methodConfig"]
    else { return nil }
    var timeouts = MethodTimeouts()
    var hasTimeouts = false
    var rests: [JSONValue] = []
    for method in methods {
      guard
        case .object(let settings) = method, case .array(let names)? = settings["name"] ?? .array([]),
        settings.members.count(where: { $0.name == "timeout" }) <= 1
      else { return nil }
      var config = MethodConfig(names: [])
      for name in names {
        guard let name = MethodConfig.Name(json: name) else { return nil }
        config.names.append(name)
      }
      if let timeout = settings["timeout"] {
        guard let duration = Duration(json: timeout) else { return nil }
        config.timeout = duration
        hasTimeouts = true
      }
      timeouts.add(config)
      var rest = JSONObject()
      for member in settings.members where member.name != "timeout" { rest.add(member.name, member.value) }
      rests.append(.object(rest))
    }
    guard hasTimeouts else { return nil }
    var rest = JSONObject()
    for member in config.members {
      rest.add(member.name, member.name == "methodConfig" ? .array(rests) : member.value)
    }
    return (timeouts, JSONValue.object(rest).description)
  }
}

extension MethodConfig.Name {
  /// Creates the name of the methods that a member of a `name` stands for.
  init?(json: JSONValue) {
    guard case .object(let name) = json else { return nil }
    func text(_ member: String) -> String? {
      switch name[member] {
      case nil, .raw?: ""
      case .string(let text)?: text
      default: nil
      }
    }
    guard let service = text("service"), let method = text("method") else { return nil }
    if service.isEmpty {
      guard method.isEmpty else { return nil }
      self = .all
    } else if method.isEmpty {
      self = .service(ServiceDescriptor(fullyQualifiedService: service))
    } else {
      self = .method(MethodDescriptor(fullyQualifiedService: service, method: method))
    }
  }
}

extension Duration {
  /// Creates a duration from protobuf's form in JSON, for instance `1.5s`; `nil` for one that C-core 1.51 does not
  /// read.
  init?(json: JSONValue) {
    guard case .string(let text) = json, text.hasSuffix("s") else { return nil }
    let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    guard
      (1...2).contains(parts.count), parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let seconds = Int32(parts[0])
    else { return nil }
    var nanoseconds: Int64 = 0
    if parts.count == 2 {
      guard (1...9).contains(parts[1].count) else { return nil }
      nanoseconds = Int64(parts[1] + String(repeating: "0", count: 9 - parts[1].count)) ?? 0
    }
    self = .seconds(Int64(seconds)) + .nanoseconds(nanoseconds)
  }
}
