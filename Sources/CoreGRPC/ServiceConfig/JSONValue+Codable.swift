/// A JSON value in the model of `Codable`.
extension JSONValue: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      var object = JSONObject()
      for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
        object.add(key.stringValue, try container.decode(JSONValue.self, forKey: key))
      }
      self = .object(object)
    } else if var container = try? decoder.unkeyedContainer() {
      var values: [JSONValue] = []
      while !container.isAtEnd { values.append(try container.decode(JSONValue.self)) }
      self = .array(values)
    } else {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .raw("null")
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Int64.self) {
        self = .number(String(value))
      } else if let value = try? container.decode(Double.self) {
        self = .number(String(value))
      } else {
        self = .string(try container.decode(String.self))
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let object):
      var container = encoder.container(keyedBy: Key.self)
      for member in object.members { try container.encode(member.value, forKey: Key(stringValue: member.name)) }
    case .array(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .string(let text): try text.encode(to: encoder)
    case .bool(let value): try value.encode(to: encoder)
    case .number(let text):
      if let value = Int64(text) { try value.encode(to: encoder) } else { try Double(text).encode(to: encoder) }
    case .raw(let text):
      if let value = JSONReader.value(of: text), value != self { return try value.encode(to: encoder) }
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    }
  }
}
