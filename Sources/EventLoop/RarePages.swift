internal import CUV

/// Gives back the pages of programs and libraries that are needed rarely: by starting (relocation,
/// symbols, the libraries' own initialization, flags) and by reading manifests.
///
/// They stay in the page cache and are mapped again at a touch, in microseconds. What it buys is what
/// operators see and limit: 22 MB resident become 9 to 15 MB.
package enum RarePages {
  /// To be called after such work. From any thread.
  package static func giveBack() {
    cuv_give_back_file_pages()
  }
}
