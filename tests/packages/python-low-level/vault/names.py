from enum import Enum


class Name(str, Enum):
    READ = "read_secret"
    ROTATE = "rotate_secret"
