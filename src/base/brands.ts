/**
 * Types for values that look alike and must not be mixed up.
 *
 * A cast to a brand is allowed only where the value is born: in ffi, in a parser, or in the
 * counter that owns it.
 */

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** An open file descriptor of this process. */
export type Fd = Brand<number, "Fd">;

/** What inotify_add_watch(2) returned. Unique within one inotify instance. */
export type WatchDescriptor = Brand<number, "WatchDescriptor">;

/** Counts the changes of one worktree within one epoch. 0 means "before anything is known". */
export type Generation = Brand<number, "Generation">;

/** 16 lower-case hex digits, random: the id under which generations are comparable. */
export type Epoch = Brand<string, "Epoch">;

/**
 * Bytes of a path relative to the worktree, one character per byte (latin1), without a leading
 * slash. Never shown to a person undecoded.
 */
export type BytePath = Brand<string, "BytePath">;

/** An absolute path as Bun's file functions take it (UTF-8 text). */
export type AbsolutePath = Brand<string, "AbsolutePath">;
