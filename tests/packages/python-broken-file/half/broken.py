def helper(:
    return ((

def other():
    pass
