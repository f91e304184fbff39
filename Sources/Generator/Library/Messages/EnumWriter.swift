import ProtobufCWellKnownTypes

/// Writes the Swift types of enums.
struct EnumWriter {
  let options: GeneratorOptions

  private var access: String { options.visibility.modifier }

  func write(_ enumeration: EnumModel, to text: inout SourceText) {
    let locations = enumeration.file.locations
    text.blank()
    text.documentation(locations.comment(of: enumeration.path) ?? "The enum `\(enumeration.fullName)`.")
    text.block("\(access)enum \(enumeration.simpleName): Enumeration {") { text in
      for value in enumeration.cases {
        text.documentation(comment(of: value, in: enumeration))
        text.add("case \(value.name)")
      }
      text.documentation("A number that is none of the above.")
      text.add("case unrecognized(Int32)")
      for value in enumeration.aliases {
        guard let original = value.aliasOf else { continue }
        text.blank()
        text.documentation(comment(of: value, in: enumeration))
        text.add("\(access)static var \(value.name): Self { .\(original) }")
      }
      writeConformance(enumeration, to: &text)
    }
  }

  private func comment(of value: EnumModel.Value, in enumeration: EnumModel) -> String {
    let name = enumeration.proto.value[Int(value.path.last ?? 0)].name ?? ""
    return enumeration.file.locations.comment(of: value.path) ?? "The value `\(name)`."
  }

  private func writeConformance(_ enumeration: EnumModel, to text: inout SourceText) {
    let cases = enumeration.cases
    text.blank()
    text.documentation("The named values.")
    text.list("\(access)static var allCases: [Self] { [", cases.map { ".\($0.name)" }, "] }")
    text.blank()
    text.documentation("Creates the default: the value declared first.")
    text.add("\(access)init() { self = .\(enumeration.values.first?.name ?? "unrecognized(0)") }")
    text.blank()
    text.documentation("Creates the value of a number.")
    text.block("\(access)init(rawValue: Int32) {") { text in
      text.cases(of: "rawValue") { text in
        for value in cases { text.add("case \(value.number): self = .\(value.name)") }
        text.add("default: self = .unrecognized(rawValue)")
      }
    }
    text.blank()
    text.documentation("The value's number.")
    text.block("\(access)var rawValue: Int32 {") { text in
      text.cases(of: "self") { text in
        for value in cases { text.add("case .\(value.name): \(value.number)") }
        text.add("case .unrecognized(let number): number")
      }
    }
  }
}
