import ProtobufCWellKnownTypes

/// Finds names that differ in the `.proto` file and no longer do in Swift.
struct NameCheck {
  let schema: Schema
  let options: GeneratorOptions

  func check() throws(GeneratorError) {
    var topLevel = Names(kind: "types")
    for file in schema.files where file.isGenerated {
      for message in try file.proto.messageType.map({ file.fullName($0.name ?? "") }).map(schema.message) {
        try topLevel.add(message.swiftName, of: message.fullName, at: message.position)
        try check(message)
      }
      for enumeration in try file.proto.enumType.map({ file.fullName($0.name ?? "") }).map(schema.enumeration) {
        try topLevel.add(enumeration.swiftName, of: enumeration.fullName, at: enumeration.position)
        try check(enumeration)
      }
      for (index, service) in file.proto.service.enumerated() {
        let name = file.fullName(service.name ?? "")
        let position = file.locations.position(of: [6, Int32(index)])
        try topLevel.add(file.prefix + (service.name ?? ""), of: name, at: position)
        var methods = Names(kind: "methods")
        for (method, proto) in service.method.enumerated() {
          let position = file.locations.position(of: [6, Int32(index), 2, Int32(method)])
          try methods.add(SwiftName.method(proto.name ?? ""), of: "\(name).\(proto.name ?? "")", at: position)
        }
      }
      try topLevel.add(file.descriptorName, of: "the file \(file.name)", at: Position(file: file.name))
    }
  }

  private func check(_ message: MessageModel) throws(GeneratorError) {
    let locations = message.file.locations
    var properties = Names(kind: "fields")
    var types = Names(kind: "types")
    let fields = try schema.fields(of: message)
    for field in fields {
      let position = locations.position(of: field.path)
      let name = "\(message.fullName).\(field.name)"
      if field.oneOfIndex == nil { try properties.add(field.swiftName, of: name, at: position) }
      if field.proto.defaultValue != nil, case .optional = field.shape {
        try properties.add(field.orDefaultName, of: "the default of \(name)", at: position)
      }
      if field.shape == .requiredPointer, case .message(let target) = field.type,
        try requires(target, message.fullName, visited: [])
      {
        throw GeneratorError(
          "\(name) makes \(message.fullName) require itself: no message can be complete",
          at: position
        )
      }
    }
    let codes = fields.map { FieldCode(field: $0, schema: schema, options: options) }
    for oneOf in OneOfCode.all(of: message, fields: codes) {
      let position = locations.position(of: message.path(ofOneOf: oneOf.index))
      let name = "\(message.fullName).\(oneOf.name)"
      try properties.add(oneOf.propertyName, of: name, at: position)
      try types.add(oneOf.typeName, of: name, at: position)
      var cases = Names(kind: "fields")
      for field in oneOf.fields {
        let position = locations.position(of: field.field.path)
        try cases.add(field.field.caseName, of: "\(message.fullName).\(field.field.name)", at: position)
      }
    }
    for entry in try message.mapEntries.map(schema.message) {
      try types.add(entry.simpleName + "Layout", of: entry.fullName, at: entry.position)
    }
    for nested in try message.nestedMessages.map(schema.message) {
      try types.add(nested.simpleName, of: nested.fullName, at: nested.position)
      try check(nested)
    }
    for nested in try message.nestedEnums.map(schema.enumeration) {
      try types.add(nested.simpleName, of: nested.fullName, at: nested.position)
      try check(nested)
    }
  }

  private func check(_ enumeration: EnumModel) throws(GeneratorError) {
    var cases = Names(kind: "values")
    for (value, proto) in zip(enumeration.values, enumeration.proto.value) where !value.isRepeated {
      let position = enumeration.file.locations.position(of: value.path)
      try cases.add(value.name, of: "\(enumeration.fullName).\(proto.name ?? "")", at: position)
    }
  }

  /// Whether a message cannot be complete without one of the other type.
  private func requires(_ message: String, _ other: String, visited: Set<String>) throws(GeneratorError) -> Bool {
    if message == other { return true }
    guard !visited.contains(message) else { return false }
    for field in try schema.fields(of: schema.message(message)) where field.shape == .requiredPointer {
      guard case .message(let target) = field.type else { continue }
      if try requires(target, other, visited: visited.union([message])) { return true }
    }
    return false
  }
}

/// The names in one scope of Swift, each with what has it.
private struct Names {
  let kind: String
  private var owners: [String: String] = [:]

  init(kind: String) { self.kind = kind }

  mutating func add(_ name: String, of owner: String, at position: Position) throws(GeneratorError) {
    if let other = owners.updateValue(owner, forKey: name) {
      throw GeneratorError("the \(kind) \(other) and \(owner) would both be \(name) in Swift", at: position)
    }
  }
}
