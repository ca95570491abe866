"""Labelled sequences of numbers: .ts, .arff and UCR files, folders, tables, lists."""
