/// The content of strings and bytes of one message, numbered.
///
/// The first is kept inline: a message with one of any size takes no heap allocation.
struct ContentList: ~Copyable {
  private var first: Content?
  private var others: [Content] = []

  var isEmpty: Bool { first == nil }

  var count: Int { first == nil ? 0 : 1 + others.count }

  mutating func append(_ content: Content) {
    if first == nil {
      first = content
    } else {
      others.append(content)
    }
  }

  subscript(index: Int) -> Content? { index == 0 ? first : others[index - 1] }
}
