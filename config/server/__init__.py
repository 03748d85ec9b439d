"""How gunicorn serves: slow clients wait outside the threads, and nobody takes all of them."""
