/// The Swift type of `bytes` fields.
enum BytesType: String, CaseIterable {
  case array = "Array"
  case data = "Data"

  var swiftType: String {
    switch self {
    case .array: "[UInt8]"
    case .data: "Data"
    }
  }
}
