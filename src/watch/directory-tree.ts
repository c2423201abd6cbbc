/**
 * The directories of one worktree, as a tree whose nodes know their watch descriptor.
 *
 * A renamed directory is re-parented once, and everything below it has its new path at once:
 * paths are computed from the parents, never stored [W2].
 *
 * Owns: the picture. It makes no system call; who adds and removes watches is inotify-backend.ts.
 */

import type { BytePath, WatchDescriptor } from "../base/brands.ts";
import { assert } from "../base/assert.ts";

export class DirectoryNode {
  /** Undefined for the root, and for a node that was taken out of the tree. */
  parent: DirectoryNode | undefined;
  name: string;
  readonly wd: WatchDescriptor;
  /** Undefined while there are none: most directories are leaves. */
  children: Map<string, DirectoryNode> | undefined;
  /** What its next crawl is for, as bits; 0 when none is due. They are watched-tree.ts's. */
  due = 0;
  /** It was found or made while it was watched for, and each of its entries is reported, or will be by the crawl that is due. */
  isReported = false;

  constructor(name: string, wd: WatchDescriptor) {
    this.name = name;
    this.wd = wd;
  }
}

export class DirectoryTree {
  readonly root: DirectoryNode;
  readonly #byWatch = new Map<WatchDescriptor, DirectoryNode>();
  // Events come in runs for one directory.
  #lastNode: DirectoryNode | undefined;
  #lastPath = "" as BytePath;
  #lastName: string | undefined;
  #lastEntry = "" as BytePath;

  constructor(rootWatch: WatchDescriptor) {
    this.root = new DirectoryNode("", rootWatch);
    this.#byWatch.set(rootWatch, this.root);
  }

  get size(): number {
    return this.#byWatch.size;
  }

  watches(): Iterable<WatchDescriptor> {
    return this.#byWatch.keys();
  }

  byWatch(wd: WatchDescriptor): DirectoryNode | undefined {
    return this.#byWatch.get(wd);
  }

  child(parent: DirectoryNode, name: string): DirectoryNode | undefined {
    return parent.children?.get(name);
  }

  /** The directory at a path below the root; undefined when none is watched there. */
  find(path: BytePath): DirectoryNode | undefined {
    let node: DirectoryNode | undefined = this.root;
    for (const name of path === "" ? [] : path.split("/")) {
      node = node?.children?.get(name);
    }
    return node;
  }

  /** Path below the root; empty for the root itself. */
  path(node: DirectoryNode): BytePath {
    if (node === this.#lastNode) {
      return this.#lastPath;
    }
    let path = node.name;
    for (let up = node.parent; up !== undefined && up !== this.root; up = up.parent) {
      path = `${up.name}/${path}`;
    }
    this.#lastNode = node;
    this.#lastPath = path as BytePath;
    this.#lastName = undefined;
    return this.#lastPath;
  }

  /** Path of an entry in `directory`. */
  entryPath(directory: DirectoryNode, name: string): BytePath {
    if (directory === this.root) {
      return name as BytePath;
    }
    const path = this.path(directory);
    if (name !== this.#lastName) {
      this.#lastName = name;
      this.#lastEntry = `${path}/${name}` as BytePath;
    }
    return this.#lastEntry;
  }

  /** Whether the node hangs on the root, not on a subtree that was taken out. */
  isAttached(node: DirectoryNode): boolean {
    let up = node;
    while (up.parent !== undefined) {
      up = up.parent;
    }
    return up === this.root;
  }

  isSameOrBelow(node: DirectoryNode, ancestor: DirectoryNode): boolean {
    for (let up: DirectoryNode | undefined = node; up !== undefined; up = up.parent) {
      if (up === ancestor) {
        return true;
      }
    }
    return false;
  }

  /** Makes a node for a directory newly watched. No node has this descriptor yet. */
  add(parent: DirectoryNode, name: string, wd: WatchDescriptor): DirectoryNode {
    assert(!this.#byWatch.has(wd), "a watch descriptor belongs to one node");
    const node = new DirectoryNode(name, wd);
    this.#byWatch.set(wd, node);
    this.attach(node, parent, name);
    return node;
  }

  /** Hangs a node that is in no tree under `parent`. The place is free. */
  attach(node: DirectoryNode, parent: DirectoryNode, name: string): void {
    assert(node.parent === undefined && node !== this.root, "only a detached node is attached");
    assert(parent.children?.get(name) === undefined, "a name stands for one directory");
    this.#lastNode = undefined;
    node.parent = parent;
    node.name = name;
    parent.children ??= new Map();
    parent.children.set(name, node);
  }

  /** Takes a node, with all below it, out of the tree. It keeps its descriptors. */
  detach(node: DirectoryNode): void {
    const { parent } = node;
    this.#lastNode = undefined;
    if (parent !== undefined) {
      parent.children?.delete(node.name);
      if (parent.children?.size === 0) {
        parent.children = undefined;
      }
      node.parent = undefined;
    }
  }

  /** Forgets a node and all below it; `visit` is given each of them. */
  remove(node: DirectoryNode, visit: (node: DirectoryNode) => void): void {
    this.detach(node);
    this.forEachBelow(node, (below) => {
      this.#byWatch.delete(below.wd);
      visit(below);
    });
  }

  /** Visits the node and everything below it, parents first. Does not recurse. */
  forEachBelow(node: DirectoryNode, visit: (node: DirectoryNode) => void): void {
    const stack = [node];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      visit(next);
      for (const child of next.children?.values() ?? []) {
        stack.push(child);
      }
    }
  }
}
