/// The value of a setting in a file of JSON.
enum FileValue: Decodable {
  /// The value of a flag.
  case text(String)
  /// The values of a flag that can be given several times.
  case list([String])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let flag = try? value.decode(Bool.self) {
      self = .text("\(flag)")
    } else if let number = try? value.decode(Int.self) {
      self = .text("\(number)")
    } else if let number = try? value.decode(Double.self) {
      self = .text("\(number)")
    } else {
      self = .list(try value.decode([String].self))
    }
  }
}
