// A pool of threads that is kept between calls, so that no step pays for starting threads.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace seqmodels {

class Threads {
 public:
  using Work = std::function<void(int)>;

  // Calls work(0) ... work(parts - 1), at the same time as far as threads can be had, and returns
  // when every call has ended. Part n runs on the pool's n-th thread; part 0, and the parts for
  // which no thread could be started, run on the calling thread.
  //
  // When a call throws, the other parts still run; then the first exception is rethrown here.
  // Several threads may call `run` at once, and take turns. `work` must not call `run`.
  static void run(int parts, const Work& work) {
    if (parts == 1) {
      work(0);
    } else if (parts > 1) {
      pool().share(parts, work);
    }
  }

 private:
  // The pool of this process. A child of fork() inherits the pool's memory without its threads,
  // and its locks as they happened to be, so it leaves that pool alone and makes its own. A pool
  // is never freed: its threads may outlive the static objects of the process.
  static Threads& pool() {
    static std::atomic<Threads*> shared{nullptr};
    Threads* found = shared.load();
    while (!found || found->process_ != getpid()) {
      auto* fresh = new Threads;
      if (shared.compare_exchange_strong(found, fresh)) return *fresh;
      delete fresh;  // another thread was quicker, and `found` is its pool
    }
    return *found;
  }

  void share(int parts, const Work& work) {
    std::lock_guard<std::mutex> turn(turn_);
    {
      std::lock_guard<std::mutex> hold(lock_);
      start(parts - 1);
      work_ = &work;
      helpers_ = left_ = std::min(parts - 1, started_);
      error_ = nullptr;
      ++round_;
    }
    wake_.notify_all();
    attempt(work, 0);
    for (int part = helpers_ + 1; part < parts; ++part) attempt(work, part);
    std::unique_lock<std::mutex> hold(lock_);
    done_.wait(hold, [this] { return left_ == 0; });  // they use `work` until here
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  // Starts threads until there are `wanted`. Where one cannot be started (a limit on processes or
  // on memory), those before it have to do; the next call tries again.
  void start(int wanted) {
    try {
      while (started_ < wanted) {
        std::thread(&Threads::serve, this, started_ + 1, round_).detach();
        ++started_;
      }
    } catch (const std::exception&) {
    }
  }

  // What the pool's n-th thread does: part n of each round after `seen`.
  void serve(int number, long seen) {
    std::unique_lock<std::mutex> hold(lock_);
    for (;;) {
      wake_.wait(hold, [&] { return round_ != seen; });
      seen = round_;
      if (number > helpers_) continue;
      const Work& work = *work_;
      hold.unlock();
      attempt(work, number);
      hold.lock();
      if (--left_ == 0) done_.notify_one();
    }
  }

  // An exception that left a thread would end the process, so it is kept for the caller.
  void attempt(const Work& work, int part) {
    try {
      work(part);
    } catch (...) {
      std::lock_guard<std::mutex> hold(lock_);
      if (!error_) error_ = std::current_exception();
    }
  }

  const pid_t process_ = getpid();
  std::mutex turn_;  // held for a whole round
  std::mutex lock_;  // guards what follows
  std::condition_variable wake_, done_;
  const Work* work_ = nullptr;
  int helpers_ = 0, left_ = 0, started_ = 0;
  long round_ = 0;
  std::exception_ptr error_;
};

}  // namespace seqmodels
