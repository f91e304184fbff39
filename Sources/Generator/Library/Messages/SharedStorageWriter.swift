/// Writes the properties of a large message, whose fields are in storage that its copies share.
struct SharedStorageWriter {
  let options: GeneratorOptions

  func write(_ properties: [MessageProperty], to text: inout SourceText) {
    let access = options.visibility.modifier
    for property in properties {
      text.blank()
      text.documentation(property.documentation)
      text.block("\(access)var \(property.name): \(property.type) {") { text in
        text.add("get { _storage.fields.\(property.name) }")
        text.add("_modify { yield &_storage.fields.\(property.name) }")
      }
    }
    text.blank()
    text.block("fileprivate struct _Fields: Sendable, Hashable {") { text in
      for property in properties { text.add("var \(property.declaration)") }
    }
    text.blank()
    text.add(
      """
      fileprivate var _storage = _defaults

      private static let _defaults = CopyOnWrite(_Fields())
      """
    )
  }
}
