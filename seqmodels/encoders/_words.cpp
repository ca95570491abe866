// Splits texts into words and counts them or looks them up, many times as quick as Python's
// regular expressions. `text.py` says what a word is, and does without this file.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

// What a byte is in a word: its lower-case form, or 0 for one that parts words.
constexpr std::array<char, 128> letters() {
  std::array<char, 128> found{};
  for (char c = 'a'; c <= 'z'; ++c) found[c] = found[c - 'a' + 'A'] = c;
  for (char c = '0'; c <= '9'; ++c) found[c] = c;
  return found;
}
constexpr auto LETTERS = letters();

// Calls word(text, hash) for each run of letters and digits; an apostrophe inside stays.
template <class Word>
void each_word(const unsigned char* text, Py_ssize_t size, std::string& word, Word call) {
  for (Py_ssize_t i = 0; i < size;) {
    if (!LETTERS[text[i]]) {
      ++i;
      continue;
    }
    word.clear();
    for (; i < size; ++i) {
      char c = LETTERS[text[i]];
      if (!c) {
        if (text[i] != '\'' || i + 1 == size || !LETTERS[text[i + 1]]) break;
        c = '\'';
      }
      word.push_back(c);
    }
    call(std::string_view(word));
  }
}

void append(std::string& word, Py_UCS4 c) {  // in UTF-8
  if (c < 0x80) {
    word.push_back(static_cast<char>(c));
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr int FIRST[] = {0, 0xC0, 0xE0, 0xF0};
  word.push_back(static_cast<char>(FIRST[more] | (c >> (6 * more))));
  for (int i = more - 1; i >= 0; --i) {
    word.push_back(static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F)));
  }
}

// The same for a text of any script that `clean` has put into lower case. Marks [n] says which
// characters that are no letters may stand inside a word.
template <class Word>
void each_word(PyObject* text, const char* marks, Py_ssize_t n, std::string& word, Word call) {
  const int kind = PyUnicode_KIND(text);
  const void* data = PyUnicode_DATA(text);
  const Py_ssize_t size = PyUnicode_GET_LENGTH(text);
  const auto at = [&](Py_ssize_t i) { return i < size ? PyUnicode_READ(kind, data, i) : Py_UCS4(0); };
  const auto starts = [](Py_UCS4 c) { return Py_UNICODE_ISALNUM(c) || c == '_'; };
  const auto inside = [&](Py_UCS4 c) { return starts(c) || (c < Py_UCS4(n) && marks[c]); };
  for (Py_ssize_t i = 0; i < size;) {
    if (!starts(at(i))) {
      ++i;
      continue;
    }
    word.clear();
    for (; i < size; ++i) {
      const Py_UCS4 c = at(i);
      if (!inside(c) && !(c == '\'' && inside(at(i + 1)))) break;
      append(word, c);
    }
    call(std::string_view(word));
  }
}

// Words and a number for each; open addressing, never more than half full.
class Table {
 public:
  struct Entry {
    uint64_t hash;
    size_t start, size;  // in `letters_`
    int64_t value;
  };

  Table() : slots_(1024, -1) {}

  Entry* find(std::string_view word) { return at(word, hash(word)); }

  Entry& add(std::string_view word) {  // with the value 0 if it is new
    const uint64_t code = hash(word);
    if (Entry* known = at(word, code)) return *known;
    entries_.push_back({code, letters_.size(), word.size(), 0});
    letters_.append(word);
    if (entries_.size() * 2 > slots_.size()) grow();
    else slots_[free_slot(code)] = static_cast<int64_t>(entries_.size()) - 1;
    return entries_.back();
  }

  const std::vector<Entry>& entries() const { return entries_; }
  std::string_view word(const Entry& entry) const {
    return std::string_view(letters_).substr(entry.start, entry.size);
  }

 private:
  static uint64_t hash(std::string_view word) {
    uint64_t code = 14695981039346656037u;  // Fowler, Noll and Vo's
    for (const char c : word) code = (code ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return code ^ (code >> 32);
  }

  Entry* at(std::string_view sought, uint64_t code) {
    for (size_t i = code & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i] < 0) return nullptr;
      Entry& entry = entries_[slots_[i]];
      if (entry.hash == code && word(entry) == sought) return &entry;
    }
  }

  size_t free_slot(uint64_t code) const {
    size_t i = code & (slots_.size() - 1);
    while (slots_[i] >= 0) i = (i + 1) & (slots_.size() - 1);
    return i;
  }

  void grow() {
    slots_.assign(slots_.size() * 4, -1);
    for (size_t e = 0; e < entries_.size(); ++e) {
      slots_[free_slot(entries_[e].hash)] = static_cast<int64_t>(e);
    }
  }

  std::string letters_;
  std::vector<Entry> entries_;
  std::vector<int64_t> slots_;
};

// How Python prepares a text beyond ASCII, and the marks that may stand inside its words.
struct Script {
  PyObject* clean;
  const char* marks;
  Py_ssize_t size;
};

// Calls word(view) for each word of a text.
template <class Word>
bool words_of(PyObject* text, const Script& script, std::string& room, Word call) {
  if (!PyUnicode_Check(text)) {
    PyErr_SetString(PyExc_TypeError, "a text is not a str");
    return false;
  }
  if (PyUnicode_IS_ASCII(text)) {
    each_word(PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text), room, call);
    return true;
  }
  PyObject* clean = PyObject_CallOneArg(script.clean, text);
  if (!clean) return false;
  const bool good = PyUnicode_Check(clean);
  if (good) each_word(clean, script.marks, script.size, room, call);
  else PyErr_SetString(PyExc_TypeError, "a cleaned text is not a str");
  Py_DECREF(clean);
  return good;
}

PyObject* count(PyObject*, PyObject* arguments) {
  PyObject* texts;
  Script script;
  if (!PyArg_ParseTuple(arguments, "O!Oy#", &PyList_Type, &texts, &script.clean, &script.marks,
                        &script.size)) {
    return nullptr;
  }
  Table table;
  std::string room;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(texts); ++i) {
    const auto add = [&](std::string_view word) { ++table.add(word).value; };
    if (!words_of(PyList_GET_ITEM(texts, i), script, room, add)) return nullptr;
  }
  PyObject* counts = PyDict_New();
  for (const auto& entry : table.entries()) {
    const std::string_view word = table.word(entry);
    PyObject* key = PyUnicode_DecodeUTF8(word.data(), word.size(), nullptr);
    PyObject* value = PyLong_FromLongLong(entry.value);
    const bool good = counts && key && value && PyDict_SetItem(counts, key, value) == 0;
    Py_XDECREF(key);
    Py_XDECREF(value);
    if (!good) {
      Py_XDECREF(counts);
      return nullptr;
    }
  }
  return counts;
}

PyObject* ids(PyObject*, PyObject* arguments) {
  PyObject *texts, *vocabulary;
  Script script;
  Py_ssize_t length;
  int from_end;
  if (!PyArg_ParseTuple(arguments, "O!Oy#O!np", &PyList_Type, &texts, &script.clean,
                        &script.marks, &script.size, &PyTuple_Type, &vocabulary, &length,
                        &from_end)) {
    return nullptr;
  }
  Table table;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(vocabulary); ++i) {
    Py_ssize_t size = 0;
    const char* letters = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(vocabulary, i), &size);
    if (!letters) return nullptr;
    table.add(std::string_view(letters, size)).value = i + 1;
  }
  std::vector<int32_t> found, lengths;
  std::string room;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(texts); ++i) {
    const size_t start = found.size();
    const auto add = [&](std::string_view word) {
      if (!from_end && length >= 0 && found.size() - start >= static_cast<size_t>(length)) return;
      const auto* entry = table.find(word);
      found.push_back(entry ? static_cast<int32_t>(entry->value) : 0);
    };
    if (!words_of(PyList_GET_ITEM(texts, i), script, room, add)) return nullptr;
    if (length >= 0 && found.size() - start > static_cast<size_t>(length)) {
      found.erase(found.begin() + start, found.end() - length);
    }
    lengths.push_back(static_cast<int32_t>(found.size() - start));
  }
  const auto bytes = [](const std::vector<int32_t>& values) {
    return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(values.data()),
                                     values.size() * sizeof(int32_t));
  };
  PyObject* flat = bytes(found);
  PyObject* steps = bytes(lengths);
  PyObject* pair = flat && steps ? PyTuple_Pack(2, flat, steps) : nullptr;
  Py_XDECREF(flat);
  Py_XDECREF(steps);
  return pair;
}

// No C++ exception may enter Python: only memory can run out here.
template <PyObject* (*function)(PyObject*, PyObject*)>
PyObject* guarded(PyObject* self, PyObject* arguments) {
  try {
    return function(self, arguments);
  } catch (const std::exception&) {
    return PyErr_NoMemory();
  }
}

PyMethodDef METHODS[] = {
    {"count", guarded<count>, METH_VARARGS,
     "count(texts, clean, marks): how often each word occurs."},
    {"ids", guarded<ids>, METH_VARARGS,
     "ids(texts, clean, marks, vocabulary, length, from_end): all ids, int32, and how many of "
     "each text."},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_words", nullptr, 0, METHODS,
                      nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__words() { return PyModule_Create(&MODULE); }
