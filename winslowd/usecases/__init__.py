"""What people may ask, one file a noun. Each use case takes the principal who asks, decides on the view, commits once.

requests    one effect for one request ID: the frame of every change
known       finding what is named, with errors that help; `given` and `refusals` say what is wrong with what was asked
listing     pages, filters, orders
derived     what is shown but never stored: states, gates, progress
all         every use case over one set of ports
"""
