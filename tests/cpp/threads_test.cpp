// Tests of threads.h: exceptions, threads that cannot be started, and fork().
//
// Built and run by tests/test_kernel.py, and under sanitizers by benchmarks/sanitize.py.
#include "threads.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::atomic<int> allowed{1 << 20};  // threads that may still be started

}  // namespace

// Takes the place of the system's function in this program, and fails as that does at its limit.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*start)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (allowed.fetch_sub(1) <= 0) return EAGAIN;
  return create(thread, attributes, start, argument);
}

namespace {

using seqmodels::Threads;

void expect(bool good, const std::string& what) {
  if (good) return;
  std::fprintf(stderr, "failed: %s\n", what.c_str());
  std::_Exit(1);
}

// How often each part was called.
std::vector<int> calls(int parts) {
  std::vector<int> found(parts > 0 ? parts : 0);
  Threads::run(parts, [&](int part) { ++found[part]; });
  return found;
}

void expect_each_part_once(const std::string& when) {
  for (int parts = 0; parts < 9; ++parts) {
    expect(calls(parts) == std::vector<int>(parts, 1), "each part runs once " + when);
  }
  expect(calls(-1).empty(), "no parts are nothing to do " + when);
}

// Runs first: the pool has no threads yet.
void threads_that_cannot_be_started() {
  allowed = 0;
  expect_each_part_once("without any thread");
  allowed = 2;
  expect_each_part_once("with two threads");
  allowed = 1 << 20;
  expect_each_part_once("when threads can be had again");
}

void sleep_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

// The parts that throw, and what arrives; every other part has ended by then.
void expect_the_exception(const std::vector<int>& throwing) {
  constexpr int PARTS = 6;
  std::vector<int> ended(PARTS);
  std::string arrived;
  try {
    Threads::run(PARTS, [&](int part) {
      for (const int one : throwing) {
        if (part == one) throw std::runtime_error("part " + std::to_string(part));
      }
      sleep_a_little();
      ended[part] = 1;
    });
  } catch (const std::runtime_error& error) {
    arrived = error.what();
  }
  bool known = false;
  for (const int one : throwing) known = known || arrived == "part " + std::to_string(one);
  expect(known, "the exception of a part arrives, got '" + arrived + "'");
  int count = 0;
  for (const int one : ended) count += one;
  expect(count == PARTS - static_cast<int>(throwing.size()), "the other parts end first");
}

void a_part_that_throws() {
  expect_the_exception({0});
  expect_the_exception({3});
  expect_the_exception({5});
  expect_the_exception({0, 3});
  expect_the_exception({1, 2, 3, 4, 5});
  expect_each_part_once("after an exception");
  allowed = 0;
  bool caught = false;
  try {
    Threads::run(40, [](int part) {
      if (part == 39) throw std::bad_alloc();
    });
  } catch (const std::bad_alloc&) {
    caught = true;
  }
  expect(caught, "the exception of a part without a thread arrives");
  allowed = 1 << 20;
  caught = false;
  try {
    Threads::run(2, [](int part) {
      if (part == 1) throw 7;
    });
  } catch (int number) {
    caught = number == 7;
  }
  expect(caught, "what is thrown need not be a std::exception");
}

void several_callers_at_once() {
  std::vector<std::thread> callers;
  std::atomic<bool> good{true};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        std::atomic<int> calls{0};
        Threads::run(3, [&](int) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          ++calls;
        });
        if (calls != 3) good = false;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  expect(good, "callers at the same time take turns");
}

// Also while another thread of the parent is inside the pool, and holds its lock.
void children_of_fork() {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) Threads::run(3, [](int) { sleep_a_little(); });
  });
  for (int i = 0; i < 5; ++i) {
    sleep_a_little();
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);  // a child that hangs is ended
      expect_each_part_once("in a child of fork");
      std::_Exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child of fork has a pool");
  }
  stop = true;
  busy.join();
  expect_each_part_once("in the parent after fork");
}

}  // namespace

int main(int count, char** arguments) {
  alarm(100);  // a test that hangs is ended
  threads_that_cannot_be_started();
  a_part_that_throws();
  several_callers_at_once();
  // ThreadSanitizer does not allow threads to be started in the child of a process with threads.
  if (count < 2 || std::string(arguments[1]) != "--no-fork") children_of_fork();
  std::puts("threads: good");
}
