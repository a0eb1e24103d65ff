from real_mcp_engine.server import main as engine


def main():
    engine()
